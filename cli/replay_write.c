/*
 * replay_write.c: what a run that broke leaves behind. It begins again from the
 * run's last checkpoint or, without one, from its first weights, which are made
 * once more.
 */
#include "replay.h"
#include "commands.h"
#include "screen.h"
#include "system.h"

#include <stdio.h>
#include <string.h>

enum { LONGEST_MESSAGE = 1000 };

/* The command's part of the line. */
static const char *const *command_words(const parsed_line *arguments,
                                        size_t *count)
{
    for (int n = 1; n < arguments->argc; n++)
        if (!strcmp(arguments->argv[n], arguments->command->name)) {
            *count = (size_t)(arguments->argc - n);
            return (const char *const *)(arguments->argv + n);
        }
    *count = 0;
    return NULL;
}

/* Saves the trainer at its last checkpoint. */
static elman_status save_from_checkpoint(training *run, const elman_trace *why,
                                         const char *path)
{
    size_t count;
    const char *const *words = command_words(run->arguments, &count);
    elman_status status = elman_trainer_load(run->trainer, run->safe.path);
    if (status != ELMAN_OK) return status;
    return elman_replay_save(run->trainer, why, words, count, path);
}

/* Saves a trainer that has not begun. False if there was an error line. */
static bool save_from_nothing(training *run, const elman_trace *why,
                              const char *path, elman_status *status)
{
    size_t count;
    const char *const *words = command_words(run->arguments, &count);
    elman_model *model = NULL;
    elman_trainer *trainer = NULL;

    /* what there was to say of the model was said when the run began */
    bool quiet = screen.quiet;
    screen.quiet = true;
    int code = setup_model(run->arguments, run->dataset, &model);
    screen.quiet = quiet;
    if (code) return false;

    *status = elman_trainer_create(model, run->dataset, &run->config, &trainer);
    if (*status == ELMAN_OK)
        *status = elman_replay_save(trainer, why, words, count, path);
    elman_trainer_destroy(trainer);
    elman_model_destroy(model);
    return true;
}

int replay_offer(training *run)
{
    char message[LONGEST_MESSAGE], path[PATH_ROOM];
    snprintf(message, sizeof message, "%s", elman_message());
    snprintf(path, sizeof path, "%.*s.replay", PATH_ROOM - 32, run->model_path);

    /* what was seen before anything moves */
    elman_trace *why = NULL;
    elman_status status = elman_trace_create(run->trainer, &why);
    (void)safe_settle(&run->safe, run->trainer);
    bool saved = run->safe.last_step || run->values->resume, told = true;
    if (status == ELMAN_OK && saved)
        status = save_from_checkpoint(run, why, path);
    else if (status == ELMAN_OK)
        told = save_from_nothing(run, why, path, &status);
    elman_trace_destroy(why);

    /* one error line, whatever became of the file */
    if (status == ELMAN_OK && told)
        return failed("%s; to see how it came about: elman replay %s", message,
                      shell_quoted(path));
    int code = failed("%s", message);
    if (told) note("there is no replay file: %s", elman_message());
    return code;
}
