# models from other systems are shown like our own
cp "$CASES/../golden/state/language"* .
cp "$CASES/../golden/onnx/dynamo_tagger/model.onnx" .
for file in language.pt language_older.pt language.safetensors model.onnx; do
    elman info $file | sed -n '1s/, [0-9].*B/, SIZE/p; 3,7p'
done
elman info model.onnx --json | grep -o '"file":"[A-Z]*"'
# they do not say how data is encoded
elman sample language.pt
echo $?
