# JSON lines of a run: the keys are known, and each line is complete
. "$CASES/data.sh"
make_series 40
elman train series.tsv --hidden 8 --epochs 3 --batch 8 --metrics log \
    --metrics-every 2 --quiet
sed 's/:[-0-9.e]*[0-9]/:N/g' log | sort | uniq -c | sed 's/^ *//'
elman train series.tsv --hidden 8 --epochs 4 --batch 8 --metrics log \
    --metrics-every 2 --quiet --resume 2>/dev/null || :
grep -c '"event":"end"' log
