# SPDX-License-Identifier: MIT
# A formula names a release by url and sha256; until there is one: brew install --HEAD with the place of a clone.
class Libaimc < Formula
  desc "Simulation of analog in-memory computing"
  homepage "https://example.invalid/libaimc"
  license "MIT"
  head "file:///path/to/a/clone", using: :git, branch: "main"

  depends_on "meson" => :build
  depends_on "ninja" => :build
  depends_on "pkgconf" => :build
  depends_on "jansson"

  uses_from_macos "python" => :build
  uses_from_macos "zlib"

  def install
    system "meson", "setup", "build", "--wrap-mode=nofallback", "-Dblas=disabled", "-Dxsmm=disabled", *std_meson_args
    system "meson", "compile", "-C", "build"
    system "meson", "install", "-C", "build"
  end

  test do
    system bin/"aimc", "train", "--data", "digits", "--epochs", "1"
  end
end
