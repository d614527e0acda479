# SPDX-License-Identifier: MIT
# From the tree that this lies in: vcpkg install libaimc --overlay-ports=packaging/vcpkg. A port of the registry fetches a release with
# vcpkg_from_github() in its place.
get_filename_component(SOURCE_PATH "${CMAKE_CURRENT_LIST_DIR}/../.." ABSOLUTE)

set(command false)
if("command" IN_LIST FEATURES)
  set(command true)
endif()
vcpkg_configure_meson(SOURCE_PATH "${SOURCE_PATH}" OPTIONS -Dblas=disabled -Dxsmm=disabled -Dtools=${command} --wrap-mode=nofallback)
vcpkg_install_meson()
vcpkg_fixup_pkgconfig()
vcpkg_cmake_config_fixup(PACKAGE_NAME aimc CONFIG_PATH lib/cmake/aimc)
if(command)
  vcpkg_copy_tools(TOOL_NAMES aimc AUTO_CLEAN)
endif()
file(REMOVE_RECURSE "${CURRENT_PACKAGES_DIR}/debug/include" "${CURRENT_PACKAGES_DIR}/debug/share")
vcpkg_install_copyright(FILE_LIST "${SOURCE_PATH}/COPYING")
