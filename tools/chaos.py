"""Kills a training again and again, and checks that no bit changes.

Example: python tools/chaos.py --work_dir=chaos
         python tools/chaos.py --kills=5 --work_dir=chaos -- --epochs=3
The flags after `--` are those of dnc_keras.train. Without any: the digits, with
learned masks that double. Each kill is a SIGKILL at a random moment, every
second one while a checkpoint is being written.
"""

import argparse
import json
import random
import sys
import time

import tqdm
from reliability import killing
from reliability import sameness

from dnc_keras.support.paths import expanded_path

FLAGS = (
    "--masks=learned",
    "--division=hierarchical",
    "--num_learners=4",
    "--normalization=whole",
    "--learn_beta",
    "--recluster_every=1",
    "--epochs=5",
    "--checkpoint_every=3",
    "--select=validation",
    "--validation_fraction=0.4",
    "--deterministic",
)


def _arguments():
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--work_dir", type=expanded_path, required=True)
    parser.add_argument("--seed", type=int, default=0, help="of the moments")
    parser.add_argument("--json", type=expanded_path, help="file to write")
    parser.add_argument("flags", nargs="*", default=list(FLAGS))
    return parser.parse_args()


def _train(flags, run_dir, log):
    """Trains to the end; returns the seconds."""
    begin = time.monotonic()
    process = killing.start(flags, run_dir, log)
    if process.wait():
        sys.exit(f"The training failed; {log.name} tells why.")
    return time.monotonic() - begin


def _kill_many(arguments, seconds, log):
    """Kills as often as asked; a run that gets to its end is followed by a
    new one. Returns the kills, and the folders of the runs."""
    moments = random.Random(arguments.seed)
    kills, runs = [], []
    bar = tqdm.tqdm(total=arguments.kills, unit="kill", disable=None)
    while len(kills) < arguments.kills:
        if not runs or (runs[-1] / "result.json").exists():
            runs.append(arguments.work_dir / f"killed_{len(runs)}")
        process = killing.start(arguments.flags, runs[-1], log)
        after = moments.uniform(0.0, seconds)
        is_even = len(kills) % 2 == 0
        unfinished = killing.kill_after(process, after, runs[-1], is_even)
        if unfinished is not None:
            kills.append({"after": after, "while_writing": unfinished})
            bar.update()
        elif process.returncode:
            sys.exit(f"The training failed; {log.name} tells why.")
    _train(arguments.flags, runs[-1], log)
    return kills, runs


def main():
    arguments = _arguments()
    arguments.work_dir.mkdir(parents=True)
    reference = arguments.work_dir / "never_killed"
    with open(arguments.work_dir / "output.txt", "w") as log:
        seconds = _train(arguments.flags, reference, log)
        kills, runs = _kill_many(arguments, seconds, log)
    different = {
        run.name: names
        for run in runs
        if (names := sameness.differences(reference, run))
    }
    result = {
        "flags": arguments.flags,
        "seconds_of_a_run": seconds,
        "kills": kills,
        "runs": len(runs),
        "different": different,
    }
    if arguments.json:
        arguments.json.write_text(json.dumps(result, indent=2) + "\n")
    writing = sum(bool(kill["while_writing"]) for kill in kills)
    print(f"Seconds of a run   {seconds:.1f}")
    print(
        f"Kills              {len(kills)}, {writing} while a file was written"
    )
    print(f"Runs               {len(runs)}, each to its end")
    print(f"Different bits     {different or 'none'}")
    sys.exit(bool(different))


if __name__ == "__main__":
    main()
