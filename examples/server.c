/*
 * server.c (16 of 18): a thousand clients that come and go. One state has a
 * slot for each of them, and a step runs those that are there, on two threads.
 * Notice that no client can tell who else is served: at the end one of them is
 * run again, alone, and the bits are the same.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "elman.h"

enum { CLIENTS = 1000, TICKS = 60, V = 64, O = 8, WATCHED = 777 };

static void must(elman_status status)
{
    if (status == ELMAN_OK) return;
    fprintf(stderr, "%s\n", elman_message());
    exit(1);
}

/* Who is in a slot. */
typedef struct client {
    int number; /* counts arrivals from 1; 0: the slot is free */
    int age;    /* ticks since it came */
} client;

/* What a client sends: any bytes will do. */
static int32_t token_of(int number, int age)
{
    return (int32_t)((number * 31 + age * 17) % V);
}

/* Everybody stays for a time of their own. */
static int stay_of(int number) { return 5 + number * 7 % 40; }

int main(void)
{
    elman_config config = {
        .seed = 3,
        .layers = {
            {.kind = ELMAN_EMBEDDING, .num_embeddings = V, .embedding_dim = 16},
            {.kind = ELMAN_GRU, .hidden_size = 32},
            {.kind = ELMAN_LINEAR, .output_size = O}}};
    elman_state_config slots = {.B = CLIENTS, .empty = true, .threads = 2};
    elman_model *model = NULL;
    elman_state *state = NULL, *alone = NULL;
    must(elman_model_create(&config, &model));
    must(elman_state_create(model, &slots, &state));
    must(elman_state_create(model, &(elman_state_config){0}, &alone));

    static client clients[CLIENTS];
    static int32_t tokens[CLIENTS];
    static float y[CLIENTS * O], heard[TICKS * O];
    int arrived = 0, left = 0, refused = 0, most = 0, length = 0;
    for (int tick = 0; tick < TICKS; tick++) {
        /* who has had enough goes, and fifty come */
        for (size_t slot = 0; slot < CLIENTS; slot++) {
            client *at = &clients[slot];
            if (!at->number || at->age < stay_of(at->number)) continue;
            must(elman_state_leave(model, state, slot));
            *at = (client){0};
            left++;
        }
        for (int i = 0; i < 50; i++) {
            size_t slot;
            if (elman_state_join(model, state, &slot) == ELMAN_OK)
                clients[slot] = (client){.number = ++arrived};
            else refused++; /* every slot is taken */
        }

        for (size_t slot = 0; slot < CLIENTS; slot++)
            tokens[slot] = token_of(clients[slot].number, clients[slot].age);
        must(elman_model_step_tokens(model, state, tokens, y));
        for (size_t slot = 0; slot < CLIENTS; slot++) {
            client *at = &clients[slot];
            if (!at->number) continue;
            if (at->number == WATCHED)
                memcpy(heard + O * length++, y + O * slot, O * sizeof *y);
            at->age++;
        }
        if (arrived - left > most) most = arrived - left;
    }
    printf("%d came, %d left, %d found no room, at most %d at once\n", arrived,
           left, refused, most);

    bool same = true;
    for (int age = 0; age < length; age++) {
        int32_t token = token_of(WATCHED, age);
        float want[O];
        must(elman_model_step_tokens(model, alone, &token, want));
        same = same && memcmp(want, heard + O * age, sizeof want) == 0;
    }
    printf("client %d, %d steps: %s as alone\n", WATCHED, length,
           same ? "the same bits" : "other bits");
    elman_state_destroy(alone);
    elman_state_destroy(state);
    elman_model_destroy(model);
}
