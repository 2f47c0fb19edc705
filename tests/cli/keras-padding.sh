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
