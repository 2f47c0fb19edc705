"""optimizer: signs, which moves each weight by the sign of its gradient."""
TITLE = "An optimizer"
WORD = "signs"
# no paper and no framework has numbers of it; no other field is needed
LEFT = ["tests/golden/learning.py", "src/learn/optimizer.c",
        "src/learn/update.c", "cli/rules.c"]
RECORDED = ["help", "lion"]
LINES = [("yes abcabd | head -500 >signs.txt; elman train signs.txt "
          "--optimizer signs --lr 0.01 --steps 9 -o s.safetensors --json",
          '"metrics"'),
         ("elman train signs.txt --optimizer signs --beta1 0.5; true",
          "beta1")]
TESTS = ["test_optimizer", "test_kernel", "test_checkpoint"]


def follow(tree):
    tree.replace("include/elman.h",
                 "    ELMAN_RULE_LION = 5 /* Chen et al. 2023 */\n",
                 "    ELMAN_RULE_LION = 5, /* Chen et al. 2023 */\n"
                 "    ELMAN_RULE_SIGNS = 6\n")
    tree.before("src/kernel/kernel.def", "/* ---- The machine's peak",
                "/* p -= rate sign(g) */\n"
                "K_TRAIN(void, signs, (size_t n, const update *u, "
                "const float *dp, float *p))\n\n")
    tree.before("src/kernel/ref.c", "/* ---- The peak", """\
static void ref_signs(size_t n, const update *u, const float *dp, float *p)
{
    for (size_t i = 0; i < n; i++) {
        double now = (double)p[i], g = pull(u, (double)dp[i], &now);
        const double sign = g > 0 ? 1 : g < 0 ? -1 : g;
        p[i] = (float)(now - (double)u->rate * sign);
    }
}

""")
    tree.before("src/kernel/update.h", "\n#endif\n", """
static void KERNEL(signs)(size_t n, const update *u, const float *dp, float *p)
{
    for (size_t i = 0; i < n; i += VLEN) {
        pulled now = update_pull(u, dp + i, p + i, n - i);
        vf step = update_sign(now.g);
        vf_store(p + i, vf_fma(vf_set(-u->rate), step, now.p), n - i);
    }
}
""")
    tree.before("src/learn/rule.c", "#define FIELDS(", """\
static void move_signs(const weights_part *at)
{
    kernels_train(at->k)->signs(at->n, at->u, at->dp, at->p);
}

""")
    tree.after("src/learn/rule.c", """\
            .move = move_lion,
        },
""", """\
    [ELMAN_RULE_SIGNS] =
        {
            .info = {.word = "signs", .title = "Signs", .fields = FIELDS(NULL)},
            .defaults = {[ELMAN_FLAVOUR_TORCH] = {.learning_rate = 1e-3},
                         [ELMAN_FLAVOUR_KERAS] = {.learning_rate = 1e-3}},
            .move = move_signs,
        },
""")
    tree.after("tests/test_kernel.c",
               "        if (rule == 'l') kernels_train(k)->lion("
               "n, &u, dp, out[1], out[0]);\n",
               "        if (rule == 'S') kernels_train(k)->signs("
               "n, &u, dp, out[0]);\n")
    tree.after("tests/test_kernel.c",
               "RUN(lion_plain) { optimize(k, n, 'l', 0, in, out); }\n",
               "RUN(signs_plain) { optimize(k, n, 'S', 0, in, out); }\n")
    tree.after("tests/test_kernel.c", "    OPTIMIZER(lion_plain),\n",
               "    OPTIMIZER(signs_plain),\n")
    formula = ("    case ELMAN_RULE_SIGNS:\n"
               "        return p - lr * sign(g);\n")
    text = (tree.path("tests/test_optimizer.c")).read_text()
    lion = ("    case ELMAN_RULE_LION:\n"
            "        return lion_step(c, s, i, g, p, lr);\n")
    if text.count(lion) != 2:
        tree.fail("tests/test_optimizer.c has no formula of Lion in "
                  "torch_step and keras_step")
    tree.write("tests/test_optimizer.c", text.replace(lion, lion + formula))
    tree.after("tests/test_optimizer.c", "    {.rule = ELMAN_RULE_LION},\n",
               "    {.rule = ELMAN_RULE_SIGNS},\n"
               "    {.rule = ELMAN_RULE_SIGNS, .weight_decay = 0.3},\n")
    tree.after("tests/test_optimizer.c",
               "        {ELMAN_RULE_LION, ELMAN_FLAVOUR_KERAS, 1e-3, 0, 0, 0, 0, 0.9, 0.99},\n",
               "        {ELMAN_RULE_SIGNS, ELMAN_FLAVOUR_TORCH, 1e-3, 0, 0, 0, 0, 0, 0},\n"
               "        {ELMAN_RULE_SIGNS, ELMAN_FLAVOUR_KERAS, 1e-3, 0, 0, 0, 0, 0, 0},\n")
    tree.after("docs/EQUATIONS.md", "Lion      p -= rate sign(beta1 m + "
               "(1 - beta1) g), sign(0) = 0;  then m = beta2 m + "
               "(1 - beta2) g\n", "Signs     p -= rate sign(g)\n")
    tree.replace("README.md", "six optimizers", "seven optimizers")
