/* SPDX-License-Identifier: MIT */
#include <aimc/settled.h>
