"""Makes the files of a resumed run whole again, from its checkpoint."""

from __future__ import annotations

from absl import logging

from dnc_keras.runs.assignments import repair_assignments
from dnc_keras.runs.remains import lost_models
from dnc_keras.support.whole_files import replaced


def repair_run(run, model, state, assignment, workers, to_save):
    """Makes the folder of a run whole after its state was restored.

    Args:
        run: the `RunDirectory`.
        model, state: as for `repair_models`.
        assignment: `[num_images]` integers, as restored.
        workers, to_save: as for `repair_models`.
    """
    repair_models(run, model, state, workers, to_save=to_save)
    if not workers.is_chief:
        return
    epoch = state.epoch if state.step else _last(state)
    if epoch >= 0:
        repair_assignments(run.assignments, epoch, assignment)
    num_lost = state.epoch - run.keep_log_until(state.epoch)
    if num_lost:
        logging.warning(
            "%s has lost %d of %d epochs.", run.log, num_lost, state.epoch
        )


def repair_models(
    run, model, state, workers, best_weights=None, to_save=lambda model: model
):
    """Saves models again that are lost, or warns of those that cannot be.

    Args:
        run: the `RunDirectory`.
        model: the model, as restored.
        state: the `RunState`, as restored; it forgets a best epoch whose model
            is lost for good.
        workers: a `OneWorker`, or the like for several, who save together.
        best_weights: a list of arrays, those of the best epoch. None, the
            default: they are known only if that was the last epoch.
        to_save: function from the model to the one that is saved.
    """
    lost = workers.on_chief(lambda: lost_models(run, state))
    weights = model.get_weights()
    # Within an epoch it is the model of no epoch.
    known = {"last": weights if state.step == 0 else None}
    is_last = state.best_epoch == _last(state)
    known["best"] = known["last"] if is_last else best_weights
    for name in lost:
        if known[name] is not None:
            model.set_weights(known[name])
            _save(run, to_save(model), name)
        elif name == "best":
            _forget_best(run, state)
    if lost:
        model.set_weights(weights)


def _save(run, model, name):
    path = run.last_model if name == "last" else run.best_model
    logging.warning("%s was lost, and is saved again.", path)
    with replaced(path) as unfinished:
        model.save(unfinished)


def _forget_best(run, state):
    logging.warning(
        "%s is lost: the best model, of epoch %d. The best one of the epochs "
        "from %d on is chosen, or else the last one.",
        *(run.best_model, state.best_epoch, state.epoch),
    )
    run.best_model.unlink(missing_ok=True)
    state.best = state.best_tie = state.best_epoch = None


def _last(state):
    """The last epoch that is finished."""
    return state.epoch - 1
