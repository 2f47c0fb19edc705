# a failed run is explained in one line, and nothing is written
cp "$CASES/../golden/onnx/dynamo_language/"* .
cp "$CASES/../golden/state/language.pt" .
head -c 100 model.onnx >cut.onnx
: >file
try() { elman run "$@"; echo "$? $*"; }
states='-i h_0=input0_h_0.npy -i c_0=input0_c_0.npy'
all="-i tokens=input0_tokens.npy $states"
try
try missing.onnx
try cut.onnx
try language.pt
try model.onnx $all
try model.onnx -o out
try model.onnx $states -o out
try model.onnx $all -i token=input0_tokens.npy -o out
try model.onnx $all -i a_longer_name=input0_tokens.npy -o out
try model.onnx $all -i tokens=input0_tokens.npy -o out
try model.onnx $all -i tokens -o out
try model.onnx -i tokens= $states -o out
try model.onnx -i tokens=missing.npy $states -o out
try model.onnx -i tokens=input0_h_0.npy $states -o out
try model.onnx -i tokens=input1_tokens.npy $states -o out
try model.onnx $all -o file
try model.onnx $all -o missing/out
try model.onnx $all -o out --steps 0
# one that looks ahead cannot go chunk by chunk
cp "$CASES/../golden/onnx/dynamo_tagger/"* .
elman run model.onnx --json | grep -o '"inputs":\[{"name":"[a-z]*"'
try model.onnx -i tokens=input0_tokens.npy -o out --steps 2
ls

# all outputs or none: one that cannot be written, and a disk that is full
# after the first, leave nothing, or what was there
elman convert "$CASES/../golden/state/lstm.safetensors" lstm.onnx --quiet
array() { # of zeros: T, B and I
    printf '\223NUMPY\001\000v\000%-117s\n' \
        "{'descr': '<f4', 'fortran_order': False, 'shape': ($1, $2, $3), }"
    head -c $(($1 * $2 * $3 * 4)) /dev/zero
}
array 1 2 4 >small.npy
array 1 15 4 >large.npy
mkdir -p taken/c_n.npy
try lstm.onnx -i x=small.npy -o taken
ls -A taken
try lstm.onnx -i x=small.npy -o kept --quiet
cp -r kept before
(
    ulimit -f 1
    try lstm.onnx -i x=large.npy -o kept
    try lstm.onnx -i x=large.npy -o new
) 2>&1 | sed 's/\.elman-[^/]*/TEMPORARY/'
diff -r before kept && ls -A kept
[ -e new ] || echo nothing new
