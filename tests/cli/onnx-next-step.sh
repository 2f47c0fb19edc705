# what a refusal of a graph names was tried: the command converts as it stands,
# and no cut is inside a function that is written out
refused="$CASES/../golden/onnx/refused"
for name in convolution gelu_written_out squares softsign_of_two; do
    cp "$refused/$name.onnx" .
    elman convert $name.onnx out.safetensors 2>said
    cut -d: -f3- said
    grep -o "elman convert $name.*-tensor '[^']*'" said >command
    sh ./command | tail -n 2 | head -n 1
done

# cells and loops: what is said is so
for name in cell_by_cell scan; do
    cp "$refused/$name.onnx" .
    elman convert $name.onnx out.safetensors 2>&1 | cut -d: -f3-
done
