# SPDX-License-Identifier: MIT
"""Recipe for Conan 2, of the tree that it lies in: conan create packaging/conan"""
import os

from conan import ConanFile
from conan.tools.files import copy
from conan.tools.gnu import PkgConfigDeps
from conan.tools.meson import Meson, MesonToolchain


class Libaimc(ConanFile):
    name = "libaimc"
    version = "0.1.0"
    license = "MIT"
    description = "Simulation of analog in-memory computing"
    package_type = "library"
    settings = "os", "arch", "compiler", "build_type"
    options = {"shared": [True, False], "fPIC": [True, False], "command": [True, False], "system_jansson": [True, False]}
    default_options = {"shared": True, "fPIC": True, "command": False, "system_jansson": False}
    languages = "C"

    def export_sources(self):
        tree = os.path.join(self.recipe_folder, "..", "..")
        for pattern in ("meson.build", "meson_options.txt", "COPYING", "lib/*", "include/*", "tools/*", "data/digits/*", "subprojects/*", "bindings/*"):
            copy(self, pattern, tree, self.export_sources_folder)

    def layout(self):
        self.folders.build = "build"
        self.folders.generators = "generators"

    def requirements(self):
        if self.options.system_jansson:  # else the copies of subprojects/
            self.requires("jansson/[>=2.14 <3]")

    def generate(self):
        PkgConfigDeps(self).generate()
        toolchain = MesonToolchain(self)
        toolchain.project_options.update(
            {"blas": "disabled", "xsmm": "disabled", "tools": bool(self.options.command),
             "wrap_mode": "nofallback" if self.options.system_jansson else "forcefallback"})
        toolchain.generate()

    def build(self):
        meson = Meson(self)
        meson.configure()
        meson.build()

    def package(self):
        Meson(self).install()
        copy(self, "COPYING", self.source_folder, os.path.join(self.package_folder, "licenses"))
        copy(self, "LICENSE", os.path.join(self.source_folder, "subprojects", "jansson"), os.path.join(self.package_folder, "licenses", "jansson"))

    def package_info(self):
        self.cpp_info.libs = ["aimc"]
        self.cpp_info.set_property("pkg_config_name", "aimc")
        self.cpp_info.set_property("cmake_file_name", "aimc")
        self.cpp_info.set_property("cmake_target_name", "aimc::aimc")
        if self.settings.os in ("Linux", "FreeBSD"):
            self.cpp_info.system_libs = ["m", "pthread"]
