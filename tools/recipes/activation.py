"""activation: halfsign, x / (2 + |x|)."""
TITLE = "An activation"
WORD = "halfsign"
# neither ONNX nor PyTorch has it, and it has no kink
LEFT = ["src/export/onnx_function.c", "src/trace/recurrent_attributes.c",
        "src/trace/elementwise.c", "src/trace/operators.c", "src/export/torch.c"]
RECORDED = []
LINES = [("elman verify --cases 40", "passed")]
TESTS = ["test_activation", "test_kernel", "test_bits", "test_model",
         "test_settings"]

KERNEL = """    case ELMAN_ACTIVATION_SOFTPLUS:
        return vf_softplus(x);
"""
DERIVATIVE = """    case ELMAN_ACTIVATION_SOFTPLUS:
        return d * vf_sigmoid(x);
"""


def follow(tree):
    tree.replace("include/elman.h", "    ELMAN_ACTIVATION_SOFTPLUS = 11         "
                 "/* log(1 + exp(x)) */\n",
                 "    ELMAN_ACTIVATION_SOFTPLUS = 11,        "
                 "/* log(1 + exp(x)) */\n"
                 "    ELMAN_ACTIVATION_HALFSIGN = 12         "
                 "/* x / (2 + |x|) */\n")
    tree.after("src/base/activation.def", "FUNCTION(11, SOFTPLUS, softplus, 0)\n",
               "FUNCTION(12, HALFSIGN, halfsign, 0)\n")
    tree.after("src/kernel/activation.h", KERNEL,
               "    case ELMAN_ACTIVATION_HALFSIGN:\n"
               "        return x / (vf_set(2) + vf_abs(x));\n")
    tree.after("src/kernel/activation.h", DERIVATIVE,
               "    case ELMAN_ACTIVATION_HALFSIGN:\n"
               "        y = vf_set(2) + vf_abs(x);\n"
               "        return d * (vf_set(2) / (y * y));\n")
    tree.after("src/kernel/ref_activation.h",
               "        return (x > 0 ? x : 0) + real_log1p(real_exp(-fabs(x)));\n",
               "    case ELMAN_ACTIVATION_HALFSIGN:\n"
               "        return x / (2 + fabs(x));\n")
    tree.after("src/kernel/ref_activation.h",
               "    case ELMAN_ACTIVATION_SOFTPLUS:\n"
               "        return sigmoid(x);\n",
               "    case ELMAN_ACTIVATION_HALFSIGN:\n"
               "        return 2 / ((2 + fabs(x)) * (2 + fabs(x)));\n")
    tree.after("src/cell/reference_activation.c",
               "        return real_max(x, 0) + real_log1p(real_exp(-fabs(x)));\n",
               "    case ELMAN_ACTIVATION_HALFSIGN:\n"
               "        return x / (2 + fabs(x));\n")
    tree.after("src/cell/reference_activation.c",
               "    case ELMAN_ACTIVATION_SOFTPLUS:\n"
               "        return 1 / (1 + real_exp(-x));\n",
               "    case ELMAN_ACTIVATION_HALFSIGN:\n"
               "        return 2 / ((2 + fabs(x)) * (2 + fabs(x)));\n")
    tree.after("src/proof/random_config.c", "    ELMAN_ACTIVATION_SOFTSIGN,\n",
               "    ELMAN_ACTIVATION_HALFSIGN,\n")
    tree.replace("src/proof/random_config.c", "    BOUNDED_COUNT = 5,",
                 "    BOUNDED_COUNT = 6,")
    tree.replace("cli/network.c", '"softplus"}', '"softplus", "halfsign"}')
    tree.after("docs/EQUATIONS.md", "| softplus | log(1 + e^x) | "
               "1 / (1 + e^-x) |\n",
               "| halfsign | x / (2 + \\|x\\|) | 2 / (2 + \\|x\\|)^2 |\n")
