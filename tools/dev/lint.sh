# SPDX-License-Identifier: MIT
# ./dev lint: formatting, a build by clang, clang-tidy, and the rules of the tree. Sourced by dev.
# shellcheck shell=bash disable=SC2154

# ---- lint -------------------------------------------------------------------------------------------

sources()
{
    find . \( -name '.git' -o -name 'build*' -type d -o -name subprojects \) -prune -o -type f \
        \( "$@" \) -print | sort
}

c_sources()
{
    sources -name '*.c' -o -name '*.h'
}

all_sources()
{
    sources -name '*.c' -o -name '*.h' -o -name '*.py' -o -name '*.sh' -o -name meson.build -o -name '*.def' \
        -o -name dev -o -path ./.ci/run
}

lint_format()
{
    c_sources | xargs clang-format --dry-run -Werror
}

# clang-format leaves comments alone. A rule between sections is one line of 99 columns, and no line of a comment is longer
# than 100 columns.
c_comments()
{
    awk '/^ *\/\* ----/ && (length != 99 || !/^\/\* ---- [^ -].* -+ \*\/$/) {
             print FILENAME ":" FNR ": a rule is one line of 99 columns, /* ---- title ---- */"
             bad = 1
         }
         length > 100 && /^ *\*|\/\*/ {
             print FILENAME ":" FNR ": a comment of " length " columns"
             bad = 1
         }
         END { exit bad }' "$1"
}

# Every source says its licence, has no tabs and no trailing blanks, and is at most 600 lines long, unless it is made by
# a program.
lint_files()
{
    local bad=0 file
    while read -r file; do
        head -n 3 "$file" | grep -q 'SPDX-License-Identifier: MIT' || { echo "$file: no SPDX line"; bad=1; }
        [ "$(wc -l <"$file")" -le 600 ] || grep -q '; do not edit' "$file" || { echo "$file: more than 600 lines"; bad=1; }
        ! grep -nHP '\t|[ \t]+$' "$file" || { echo "$file: tab or trailing blank"; bad=1; }
        [ -z "$(tail -c 1 "$file")" ] || { echo "$file: no newline at the end"; bad=1; }
        [[ $file != *.[ch] ]] || c_comments "$file" || bad=1
    done < <(all_sources)
    return $bad
}

# Words that are misspelt in pages, comments and sentences; those of tests are misspelt on purpose, to be corrected.
lint_spelling()
{
    codespell --ignore-words-list commun,fom,nin,inout,daa --skip '*.svg,*.csv,*.json,*.gz,*.ipynb,tests/*' \
        ./*.md docs include lib tools bindings examples dev
}

# Clichés, hedges, redundancies and words that are no words in the pages. proselint is of PyPI alone; where it is not installed, a word says so.
lint_prose()
{
    command -v proselint >/dev/null || { echo "lint: prose: skipped, there is no proselint (pip install proselint)"; return 0; }
    find . \( -name '.git' -o -name 'build*' -type d -o -name subprojects \) -prune -o -name '*.md' -print0 |
        xargs -0 proselint check --config tools/dev/proselint.json
}

lint_clang()
{
    setup_clang || return 1
    "$meson" compile -C "$clang_build"
}

lint_tidy()
{
    [ -f "$clang_build/compile_commands.json" ] || return 1
    # one process per file, as many at once as there are cores; the count of suppressed warnings is noise
    find lib tools examples -name '*.c' | sort |
        xargs -P "$jobs" -n 1 clang-tidy -p "$clang_build" --quiet 2>&1 |
        { grep -v 'warnings\? generated\.$\|^Suppressed \|^Use -header-filter' || true; }
    return "${PIPESTATUS[2]}"
}

lint()
{
    need_for_lint
    local check failed=()
    for check in format files spelling prose clang tidy; do
        echo "lint: $check"
        "lint_$check" || failed+=("$check")
    done
    if [ ${#failed[@]} -gt 0 ]; then
        echo "lint: failed: ${failed[*]}"
        return 1
    fi
    echo "lint: all well"
}
