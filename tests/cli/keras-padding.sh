# sequences that are filled up, behind or in front, as Masking and mask_zero of
# Keras pass over them
. "$CASES/data.sh"
python3 -m zipfile -e "$CASES/../golden/keras/keras3.zip" . || exit 77
for name in masking masking_both tokens_mask tokens_mean; do
    elman convert $name.keras $name.safetensors >/dev/null
    for side in "" left_; do
        elman predict $name.safetensors $name.${side}x.npy --output y.npy
        compare $name.${side}y.npy y.npy
    done
done
elman eval masking.safetensors masking.left_x.npy masking.left_y.npy >/dev/null &&
    echo judged

# what a model gives for each step stays with its step
name=masking_steps
elman convert $name.keras $name.safetensors >/dev/null
elman predict $name.safetensors $name.x.npy >behind
elman predict $name.safetensors $name.left_x.npy >front
cmp behind front && wc -l <front
elman predict $name.safetensors $name.left_x.npy --output y.npy
numbers y.npy | sed -n '11,14p'
elman eval $name.safetensors $name.left_x.npy y.npy

# padding between steps is no padding; lengths that are given are believed
ints holes.npy '(1,5)' 1 0 2 3 0
elman predict tokens_mask.safetensors holes.npy
ints length.npy '(1,)' 4
elman predict tokens_mask.safetensors holes.npy --lengths length.npy | wc -w

# in a pipe as well: a step that pads leaves memory and answer as they are
elman predict tokens_mean.safetensors tokens_mean.x.npy | tail -n 1 >whole
printf '2\n3\n5\n0\n0\n' | elman predict tokens_mean.safetensors >steps
tail -n 1 steps | cmp - whole
sed -n 3p steps | cmp - whole && wc -l <steps
printf '2\n0\n3\n0\n5\n' | elman predict tokens_mean.safetensors |
    tail -n 1 | cmp - whole && echo passed over
printf '0\n1\n' | elman predict tokens_mean.safetensors

# nothing but padding has no answer, and ONNX has no place for what pads
ints none.npy '(2,2)' 1 0 2 0
elman predict tokens_mask.safetensors none.npy
elman info tokens_mask.safetensors | grep '^padding'
elman convert tokens_mean.safetensors tokens.onnx --quiet
