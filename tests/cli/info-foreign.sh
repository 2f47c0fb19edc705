# models of others, told as one's own
cp "$CASES/../golden/state/language"* .
for file in language.pt language_older.pt language.safetensors; do
    elman info $file | sed -n '1s/, [0-9].*B/, SIZE/p; 3,7p'
done
# they do not say what their numbers stand for
elman sample language.pt
echo $?
