# SPDX-License-Identifier: MIT
# Our comments may hold several commands on a line ("@par Threads any. @since 0.1"); Doxygen wants each on its own, and
# the text of a @par below its title.
s/([^*]) @(par|retval|since) /\1\n * @\2 /g
s/@par (Determinism|Errors|Model|Threads) +([^ ])/@par \1\n * \2/g
