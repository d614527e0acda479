/* SPDX-License-Identifier: MIT */
#ifndef AIMC_AIMC_H
#define AIMC_AIMC_H
/**
 * @file aimc.h
 * All of libaimc: simulation of analog in-memory computing.
 */

#include <aimc/status.h>
#include <aimc/context.h>
#include <aimc/config.h>
#include <aimc/table.h>
#include <aimc/extrapolation.h>
#include <aimc/device.h>
#include <aimc/measurement.h>
#include <aimc/converter.h>
#include <aimc/tile.h>
#include <aimc/periphery.h>
#include <aimc/optimizer.h>
#include <aimc/matrix.h>
#include <aimc/inference.h>
#include <aimc/network.h>
#include <aimc/network_state.h>
#include <aimc/network_life.h>
#include <aimc/energy.h>

#endif
