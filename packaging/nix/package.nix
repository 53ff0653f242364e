# SPDX-License-Identifier: MIT
# For `callPackage`: nix-build -E '(import <nixpkgs> {}).callPackage packaging/nix/package.nix {}'
# Its syntax is checked; it has never been run.
{
  lib,
  stdenv,
  meson,
  ninja,
  pkg-config,
  python3,
  cairo,
  curl,
  dejavu_fonts,
  ffmpeg,
  giflib,
  jansson,
  libjpeg,
  libmicrohttpd,
  libpq,
  libtiff,
  libunistring,
  libwebp,
  makeFontsConf,
  makeWrapper,
  mariadb-connector-c,
  openssl,
  pcre2,
  qrencode,
  sqlite,
  tomlplusplus,
  zlib,
}:

let
  root = ../..;
  header = builtins.readFile (root + "/include/reelvec/version.h");
  version = builtins.head (
    builtins.elemAt (builtins.split "#define REELVEC_VERSION \"([^\"]+)\"" header) 1
  );
in
stdenv.mkDerivation {
  pname = "reelvec";
  inherit version;
  src = lib.cleanSource root;

  # The SQL functions, the page and the version are put together by scripts of the tree.
  postPatch = "patchShebangs tools";

  nativeBuildInputs = [
    makeWrapper
    meson
    ninja
    pkg-config
    python3
  ];

  buildInputs = [
    cairo
    curl
    ffmpeg
    giflib
    jansson
    libjpeg
    libmicrohttpd
    libpq
    libtiff
    libunistring
    libwebp
    mariadb-connector-c
    openssl
    pcre2
    qrencode
    sqlite
    tomlplusplus
    zlib
  ];

  mesonFlags = [
    "-Dtests=disabled"
    "-Dbench=disabled"
    "-Dcuda=disabled"
    "-Dpython=disabled"
  ];

  # `clip` and previews run ffmpeg; sheets are written with a font.
  postInstall = ''
    wrapProgram $out/bin/reelvec \
      --prefix PATH : ${lib.makeBinPath [ ffmpeg ]} \
      --set-default FONTCONFIG_FILE ${makeFontsConf { fontDirectories = [ dejavu_fonts ]; }}
  '';

  doInstallCheck = true;
  installCheckPhase = ''
    runHook preInstallCheck
    HOME=$TMPDIR $out/bin/reelvec index --library demo.db --model demo $out/share/doc/reelvec/examples/media/demo.mp4
    HOME=$TMPDIR $out/bin/reelvec search --library demo.db "ultra-fast ingestion" | grep 0:00:06
    runHook postInstallCheck
  '';

  meta = {
    description = "Find moments in videos by what they show";
    license = lib.licenses.mit;
    mainProgram = "reelvec";
    platforms = lib.platforms.linux;
  };
}
