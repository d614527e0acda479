#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What systems do in their own ways is in os_posix.c and os_windows.c (lib/core/os.h, tools/os.h): all other files of
lib and tools include headers of C11, of this tree and of the libraries that are built on, and call nothing that POSIX
adds to the headers of C11, nor fopen(), which cannot open every file on Windows. And what is in a state or a result
goes through core/elementary.h, not through libm.

check_portable.py SOURCE_ROOT"""
import pathlib
import re
import sys

C11 = {"assert", "complex", "ctype", "errno", "fenv", "float", "inttypes", "iso646", "limits", "locale", "math", "setjmp",
       "signal", "stdalign", "stdarg", "stdatomic", "stdbool", "stddef", "stdint", "stdio", "stdlib", "stdnoreturn",
       "string", "time", "uchar", "wchar", "wctype"}
LIBRARIES = {"jansson", "zlib", "blis", "libxsmm", "immintrin", "arm_neon", "cpuid"}
NOT_C11 = re.compile(r"\b(fopen|freopen|remove|rename|tmpfile|tmpnam|aligned_alloc|strdup|strndup|strtok_r|strerror_r|"
                     r"strcasecmp|strncasecmp|fileno|fdopen|open_memstream|fmemopen|popen|pclose|getline|getdelim|"
                     r"setenv|unsetenv|mkstemp|mkdtemp|realpath|localtime_r|gmtime_r|nanosleep|clock_gettime|rand_r|"
                     r"sigaction|kill|newlocale|uselocale|fseeko|ftello|lgamma_r|j0|j1)\s*\(")
# Other libms have other last digits: core/elementary.h has the same everywhere. Fits of devices may differ there.
LIBM = re.compile(r"(?<![\w.>])((exp|log|tanh|pow|sin|cos|tan|erf|erfc|expm1|log1p|exp2|log2|log10|sinh|cosh|asin|acos|atan|"
                  r"atan2|cbrt|hypot|tgamma|lgamma)f?)\s*\(")
MAY_DIFFER = re.compile(r"tools/|lib/(device/fit|core/context\.c|core/elementary)")
SYSTEM = {"os_posix.c", "os_windows.c"}


def without_comments(text):
    return re.sub(r"/\*.*?\*/|//[^\n]*", lambda m: "\n" * m.group().count("\n"), text, flags=re.S)


def faults(path, may_differ):
    for number, line in enumerate(without_comments(path.read_text(encoding="utf-8")).splitlines(), 1):
        header = re.match(r"\s*#\s*include\s*<([^>]+)>", line)
        if header and not header[1].startswith("aimc/") and header[1].removesuffix(".h") not in C11 | LIBRARIES:
            yield f"{number}: <{header[1]}> is no header of C11"
        code = re.sub(r'"(\\.|[^"\\])*"', '""', line)
        call = NOT_C11.search(code)
        if call:
            yield f"{number}: {call[1]}()"
        function = LIBM.search(code)
        if function and not may_differ and not code.startswith("#"):
            yield f"{number}: {function[1]}() of libm; core/elementary.h has the same everywhere"


def main(root):
    files = [p for folder in ("lib", "tools") for p in sorted((root / folder).rglob("*.[ch]")) if p.name not in SYSTEM]
    found = [f"{path.relative_to(root)}:{fault}" for path in files
             for fault in faults(path, MAY_DIFFER.match(str(path.relative_to(root))))]
    print("\n".join(found) or f"{len(files)} files know no system")
    return 1 if found else 0


sys.exit(main(pathlib.Path(sys.argv[1])))
