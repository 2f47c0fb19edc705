# files may have names of any language, and new ones take the place of old ones
. "$CASES/data.sh"
make_table 60
mv table.csv 'Größe 大小.csv'
mkdir 'Ordner é'
for seed in 1 2; do
    elman train 'Größe 大小.csv' --target load --window 6 --hidden 4 --epochs 1 \
        --quiet --seed $seed -o 'Ordner é/Модель.safetensors'
    elman predict 'Ordner é/Модель.safetensors' 'Größe 大小.csv' \
        -o 'Ordner é/Antwort.csv'
done
ls 'Ordner é'
head -3 'Ordner é/Antwort.csv'
elman info 'Ordner é/keine.safetensors'
