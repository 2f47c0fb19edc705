. "$CASES/data.sh"
make_series 60
elman train series.tsv --hidden 8 --epochs 2 --quiet
elman inspect series.safetensors series.tsv --csv tables --svg figures \
    -o page.html --only flow,gates,errors,training,units,attribution |
    grep -E 'tables are|figures are|page.html' |
    sed -E 's/[0-9.]+ [kM]?B/N kB/'
ls tables figures
head -n 1 tables/*.csv | grep , | sort -u | head -n 40
head -c 9 page.html
echo
# our own files are written anew, others stay
elman inspect series.safetensors series.tsv --csv tables --svg figures \
    -o page.html --only flow >/dev/null
echo $?
for file in tables/flow.csv figures/flow.svg page.html; do
    echo 'my own notes' >$file
    elman inspect series.safetensors series.tsv --csv tables --svg figures \
        -o page.html --only flow >/dev/null
    echo $?
    cat $file
    rm $file
done
ls tables | grep -v csv
elman inspect series.safetensors --csv series.tsv --only flow >/dev/null
echo $?
