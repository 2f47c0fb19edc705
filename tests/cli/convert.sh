# a model goes from PyTorch to elman, to ONNX, back, to PyTorch and back, and
# gives the same all the way
. "$CASES/data.sh"
cp "$CASES/../golden/state/language"* .
proof='--reference language_x.npy language_y.npy'
round() { elman convert "$@" $proof | sed 's/, [0-9.]* k*B[a-z]*:/, SIZE:/'; }
round language.pt one.safetensors
echo; round one.safetensors two.onnx
echo; round two.onnx three.safetensors
echo; round three.safetensors four.safetensors --to torch
echo; round four.safetensors five.safetensors --json --layers embed,lstm,fc |
    sed 's/"bytes":[0-9]*/"bytes":N/; s/\("whole"\|"stream"\):[0-9.e-]*/\1:N/g'
for file in one two three four five; do
    elman verify $file.[so]* $proof --json | grep -o '"passed":true}$'
done

# elman's own format converted to itself is the same, byte for byte
make_text 40
elman train text.txt --hidden 16 --embedding 4 --epochs 1 --quiet
elman convert text.safetensors copy.safetensors --quiet
cmp text.safetensors copy.safetensors && echo the same bytes

# what a checkpoint holds outside its state dict is shown
elman convert "$CASES/../golden/state/checkpoint.pt" six.safetensors |
    grep 'outside'
ls
