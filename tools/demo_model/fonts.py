# SPDX-License-Identifier: MIT
"""The fonts from Debian's packages: three sets of different families: for training, for the checks that are
watched meanwhile (and the demo video), and for the evaluation, looked at only when training is over."""
import pathlib
import sys

PACKAGES = """
fonts-noto-color-emoji fonts-dejavu fonts-liberation2 fonts-freefont-ttf fonts-open-sans fonts-roboto-unhinted fonts-lato
fonts-inter fonts-cantarell fonts-firacode fonts-crosextra-carlito fonts-crosextra-caladea fonts-quicksand fonts-cabin
fonts-hack fonts-roboto-slab fonts-comfortaa fonts-urw-base35 fonts-noto-core fonts-jetbrains-mono fonts-league-spartan
fonts-play fonts-sil-andika fonts-karla fonts-paratype fonts-b612 fonts-manrope fonts-sora fonts-mononoki fonts-oxygen
fonts-linuxlibertine fonts-vollkorn fonts-mplus
""".split()

_ROOT = pathlib.Path("/usr/share/fonts")
EMOJI = "truetype/noto/NotoColorEmoji.ttf"

TRAINING = """
truetype/open-sans/OpenSans-Semibold.ttf truetype/roboto/unhinted/RobotoTTF/Roboto-Medium.ttf
truetype/lato/Lato-Bold.ttf truetype/noto/NotoSans-Bold.ttf truetype/liberation2/LiberationSans-Bold.ttf
opentype/cantarell/Cantarell-Bold.otf truetype/dejavu/DejaVuSans.ttf truetype/dejavu/DejaVuSans-Bold.ttf
truetype/dejavu/DejaVuSerif-Bold.ttf truetype/liberation2/LiberationSans-Regular.ttf
truetype/liberation2/LiberationSerif-Bold.ttf truetype/liberation2/LiberationMono-Bold.ttf
truetype/open-sans/OpenSans-ExtraBold.ttf truetype/roboto/unhinted/RobotoTTF/Roboto-Black.ttf
opentype/roboto/slab/RobotoSlab-Bold.otf truetype/lato/Lato-Medium.ttf truetype/crosextra/Carlito-Bold.ttf
truetype/crosextra/Caladea-Bold.ttf truetype/quicksand/Quicksand-Bold.ttf opentype/urw-base35/URWGothic-Demi.otf
opentype/urw-base35/URWBookman-Demi.otf opentype/urw-base35/C059-Bold.otf truetype/firacode/FiraCode-Bold.ttf
opentype/cabin/Cabin-Bold.otf truetype/noto/NotoSerif-Bold.ttf truetype/paratype/PTS75F.ttf
""".split()

WATCHED = """
opentype/inter/Inter-SemiBold.otf opentype/inter/Inter-Bold.otf truetype/karla/Karla-Bold.otf
truetype/hack/Hack-Bold.ttf truetype/andika/Andika-Bold.ttf opentype/play/Play-Bold.otf
truetype/jetbrains-mono/JetBrainsMono-Bold.ttf opentype/league-spartan/LeagueSpartan-Bold.otf
opentype/urw-base35/P052-Bold.otf truetype/comfortaa/Comfortaa-Bold.ttf
""".split()

EVALUATION = """
opentype/b612/B612-Bold.otf opentype/b612/B612Mono-Bold.otf truetype/manrope/Manrope-Bold.ttf
truetype/manrope/Manrope-ExtraBold.ttf opentype/sora/Sora-SemiBold.otf truetype/mononoki/mononoki-Bold.ttf
truetype/oxygen/Oxygen-Sans-Bold.ttf opentype/linux-libertine/LinBiolinum_RB.otf truetype/vollkorn/Vollkorn-Bold.ttf
opentype/mplus/Mplus1-Bold.otf
""".split()

SETS = {"training": TRAINING, "watched": WATCHED, "evaluation": EVALUATION}


def font_file(name):
    """The path of a font of the lists above; stops with the packages to install where it is not there."""
    path = _ROOT / name
    if not path.is_file():
        sys.exit(f"{path}: not found; run: apt-get install {' '.join(PACKAGES)}")
    return str(path)
