/* SPDX-License-Identifier: MIT */
/* Does this clang compile OpenCL C at all? */
kernel void nothing(global float *x)
{
    x[get_global_id(0)] = fabs(0.0f);
}
