/*
 * finding_limits.h: what is too much, each number with its reason; the manual,
 * docs/INSPECT.md, says the same to people. ALARM is what to mend first, NOTE
 * what is worth knowing.
 */
#ifndef INSPECT_FINDING_LIMITS_H
#define INSPECT_FINDING_LIMITS_H

/* ---- Inputs ---- */

/* Root mean square of an input as the model reads it. PyTorch's initial
 * weights, uniform within 1 / sqrt(H), are made for numbers near 1: ten times
 * that puts sums at 3 and more, where tanh and sigmoid have lost nine tenths of
 * their slope. */
static const double SCALE_ALARM = 10, SCALE_NOTE = 5;

/* The largest of these over the smallest: a feature that is a hundred times
 * smaller has a hundredth of the gradient, so its weights learn a hundred times
 * more slowly than the others'. */
static const double RATIO_ALARM = 100, RATIO_NOTE = 30;

/* All of them under this: sums are biases alone, and 1 / RMS steps are needed
 * where one would do. */
static const double FAINT_ALARM = 0.02;

/* Importance of an input, as a part of an equal share for all. What is noise
 * keeps a little, for weights never are exactly 0. */
static const double UNUSED_NOTE = 0.3;
static const double UNUSED_ALARM = 1e-4; /* less than any noise: cut off */

/* Share of values that are missing, though training has said what becomes of
 * them. */
static const double MISSING_ALARM = 0.02;

/* ---- Gradient through time ---- */

/* Growth of the norm on its way back, over what it began with. From NOTE on the
 * verdict is "exploding" (clipping at a norm of 1 leaves a thirtieth), which is
 * worth a look; ten times occurs in networks that train well. Of ALARM clipping
 * leaves a hundredth. */
static const double GROWTH_ALARM = 100, GROWTH_NOTE = 30;

/* Largest Lyapunov exponent, nats a step: at 0.1 two states that differ by a
 * rounding error are unlike after 150 steps. Trained networks lie below 0, or
 * just above it at the edge of chaos. */
static const double CHAOS_ALARM = 0.1;

/* Mean norm of a gradient between two evaluations, if it grew as much as that
 * as well: losses are near 1, and so are gradients that can be trusted. */
static const double NORM_ALARM = 100;

/* The verdict "vanishing": lags after which 1 % is left, or the factor a step.
 * Initial weights of PyTorch's size leave 0.4 (an RNN of 3 units 0.38) to 0.6
 * of a gradient a step, so that 5 to 12 steps are where training begins: less
 * is what few networks begin with. It counts where sequences are at least so
 * many times longer. */
enum { SHORT_HORIZON = 4, SHORT_PART = 4 };
static const double SHORT_RATE = 0.4;

/* Steps that a verdict about memory needs: fewer show two or three factors. */
enum { SHORTEST_SEQUENCE = 8 };

/* The part of the sequences that a horizon must reach where a network has
 * learned nothing: if it does not reach half of them, that is the reason to
 * look at first. */
static const double REACH_ALARM = 0.5;

/* Cosine between the gradient that the window of training leaves and the whole
 * one. At 0.95 a step goes 18 degrees astray; at 0.7, 45 degrees, so that less
 * than half of its squared length is along the gradient. */
static const double COSINE_ALARM = 0.7, COSINE_NOTE = 0.95;

/* Of windows shorter than those that are measured: the part of all norms that
 * lies beyond the window. */
static const double LOST_ALARM = 0.3, LOST_NOTE = 0.1;

/* ---- Units ---- */

/* Share of gate values at an end. Gates that have learned to hold or let go do
 * so in a third to a half of all cases (Karpathy et al. 2015); beyond three
 * quarters there is next to no slope left to learn by. */
static const double SATURATION_ALARM = 0.75, SATURATION_NOTE = 0.6;

/* The same of the gates that open and close alone, without what goes through
 * them. Of an LSTM that was begun to keep for long (--chrono), forget and input
 * gates are at their ends, two of three: beyond nine in ten nothing is left
 * that could switch. */
static const double SWITCH_ALARM = 0.9;

/* One gate, if it silences units: at an end in all but one case of twenty. */
static const double STUCK_ALARM = 0.95;

/* Share of units that never change. A few are normal in a large layer; a
 * quarter is a layer as large as one of three quarters that costs a third more.
 */
static const double DEAD_ALARM = 0.25, DEAD_NOTE = 0.05;
/* Units that another one already says; never an alarm, as those of a layer that
 * reads one input and no other unit can but agree. */
static const double TWIN_NOTE = 0.1;

/* ---- Training ---- */

/* |change| / |weight| of a step, the median of the parameters, where it was
 * largest. About 0.001 is
 * the rule of thumb (Bottou 2012, "Stochastic gradient descent tricks"); at 0.1
 * ten steps replace a weight. */
static const double UPDATE_ALARM = 0.1, UPDATE_NOTE = 0.03;

/* The same of the first steps of Adam and its kin, which move each weight by
 * the rate, whatever the gradient: rate sqrt(3 H), as initial weights have a
 * root mean square of 1 / sqrt(3 H). At a half two steps undo what a network
 * begins with. Later steps look smaller, as weights have grown by then. */
static const double FIRST_ALARM = 0.5, FIRST_NOTE = 0.2;

/* Steps before which a network may know nothing: at a rate of 0.003 fifty of
 * Adam's move a weight by 0.15, which is what it begins with. */
enum { FEW_STEPS = 50 };

/* |change| / |weight| of all steps together, under which the weights are those
 * that training began with; and the part of the loss that must be gone before
 * there is a skill to speak of. */
static const double MOVED_LEAST = 0.05, TAUGHT_LEAST = 0.1;

/* The loss of training over the least before, or over that of knowing nothing:
 * noise of batches moves it by some percent, not by half. */
static const double JUMP_ALARM = 1.5;

/* The loss of this data over that of training, and over that of knowing
 * nothing, from which on it is other data: an answer that is wrong costs more
 * than none. Without validation a model may have learned its training data by
 * heart, so that only more tells. */
static const double UNLIKE_ALARM = 1.5, UNLIKE_HEART = 3;

/* Validation loss at the end over its best, while training went on to fall;
 * and over the training loss, of the weights that were kept. */
static const double COURSE_ALARM = 1.25, COURSE_NOTE = 1.1;
static const double GAP_ALARM = 2;

/* ---- Answers ---- */

/* Correlation of answer and truth: a network that knows nothing has 0 within
 * 2 / sqrt(targets); below this one it knows the opposite. */
static const double FLIPPED_ALARM = -0.3;

/* The deviation of answers that are meant, as a part of what the best ones with
 * such a correlation have: initial weights answer within a tenth of a deviation
 * of the mean, and follow or oppose a smooth series by chance. */
static const double MEANT_PART = 0.25;

/* Skill under which nothing was learned, above which much was, above which next
 * to nothing is left. */
static const double SKILL_NONE = 0.05, SKILL_SOME = 0.3, SKILL_MOST = 0.9;

/* Accuracy where the network is surest. Its errors elsewhere may be hard cases;
 * those where it is surest are, if they are as frequent as all others, labels
 * that contradict what it has learned. */
static const double SURE_ALARM = 0.94;
static const double SURE_GAIN = 0.1; /* what being sure adds to accuracy where
                                         cases are hard */

/* Expected calibration error, less what chance makes of right probabilities:
 * such as are off by a tenth mislead who decides by them. Of fewer answers that
 * cannot be told: of 60 chance alone makes 0.12. */
static const double CALIBRATION_NOTE = 0.1;
enum { CALIBRATION_ANSWERS = 200 };

#endif
