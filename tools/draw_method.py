"""Draws the pictures of docs/how-it-works.md; needs the extra `report`.

Lengths of phases, clusterings and masks are those of the package, the learned
masks those of a short training on the digits.

Example: python tools/draw_method.py --pictures=docs/pictures
"""

import argparse
import pathlib

from matplotlib import pyplot as plt
from method_pictures import data_flow
from method_pictures import division
from method_pictures import masks
from method_pictures import phases
from method_pictures.shapes import STYLE

from dnc_keras.support.paths import expanded

PICTURES = {
    "division": division,
    "phases": phases,
    "masks": masks,
    "data-flow": data_flow,
}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pictures", type=expanded, default="docs/pictures")
    folder = pathlib.Path(parser.parse_args().pictures)
    folder.mkdir(parents=True, exist_ok=True)
    plt.switch_backend("svg")
    with plt.rc_context(STYLE):
        for name, picture in PICTURES.items():
            figure = picture.draw()
            file = folder / f"{name}.svg"
            figure.savefig(file, metadata={"Date": None})
            plt.close(figure)
            print(file)


if __name__ == "__main__":
    main()
