# a graph of one step of a batch: its own arrays, which have no axis of steps,
# are read as it reads them, from the graph and from the model made of it
. "$CASES/data.sh"
case="$CASES/../golden/onnx/torchscript_cell_policy"
cp "$case/model.onnx" policy.onnx
cp "$case"/input1_*.npy "$case"/output1_*.npy .
states="--state one.h_0=input1_h.npy --state one.c_0=input1_c.npy
    --state two.h_0=input1_h_2.npy --state two.c_0=input1_c_2.npy"
elman convert policy.onnx policy.safetensors --reference input1_x.npy \
    output1_y.npy $states | grep -E '^one step|^checked'
for file in policy.onnx policy.safetensors; do
    elman predict $file input1_x.npy $states --output y.npy \
        --state-output after
    compare output1_y.npy y.npy
    compare output1_h_n.npy after/one.h_n.npy
    elman eval $file input1_x.npy output1_y.npy $states --loss mse |
        grep -c ', of 6 values'
    elman verify $file --reference input1_x.npy output1_y.npy $states |
        grep -c reads.*1.step.of.3.sequences
done
elman info policy.safetensors | grep '^steps'

# another shape is refused with both that are taken
elman predict policy.safetensors output1_y.npy
