# one vector from all steps of a sequence: the class shows somewhere in the
# middle, and the last step has forgotten it
awk 'function next_number() { s = s * 16807 % 2147483647; return s / 2147483647 }
BEGIN { s = 3; for (i = 0; i < 60; i++) {
    line = i % 2 ? "up" : "down"
    at = 10 + int(next_number() * 30)
    for (t = 0; t < 80; t++)
        line = sprintf("%s\t%.3f", line,
            t == at ? (i % 2 ? 2 : -2) : next_number() - 0.5)
    print line } }' >series.tsv
for pool in last mean max attention; do
    elman train series.tsv --pool $pool --cell rnn --hidden 8 --epochs 40 \
        --lr 0.01 --batch 10 --seed 2 --quiet --validation 0 \
        --no-bidirectional --schedule constant --optimizer adam \
        --output $pool.safetensors >log 2>&1 || cat log
    elman info $pool.safetensors | grep layers
    elman eval $pool.safetensors series.tsv | grep -o '^loss.*accuracy [0-9]*' |
        awk '{ print ($NF > 90 ? "tells them apart" : "does not") }'
done

echo '-- both directions, joined step by step'
elman train series.tsv --pool mean --bidirectional --merge sum --epochs 1 \
    --quiet --output both.safetensors >log 2>&1 || cat log
elman info both.safetensors | grep layers
elman train series.tsv --pool last --bidirectional --merge sum --epochs 1
echo $?

echo '-- what has an output at each step is not pooled'
for i in 1 2 3 4 5 6; do echo 'to be or not to be, that is it'; done >text.txt
elman train text.txt --pool mean
echo $?
elman train series.tsv --pool sum
echo $?

echo '-- exchange'
elman convert max.safetensors max.onnx | grep 'max.onnx, '
elman convert max.onnx back.safetensors | grep 'back.safetensors, '
elman convert attention.safetensors torch.safetensors --to torch | grep '^  '
elman convert attention.safetensors attention.onnx | grep 'attention.onnx, '
elman convert attention.onnx back.safetensors
echo $?
