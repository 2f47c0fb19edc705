# JSON lines of a run: the keys are known, and each line is complete
. "$CASES/data.sh"
make_series 40
elman train series.tsv --validation 0.2 --hidden 8 --epochs 3 --batch 8 --metrics log \
    --metrics-every 2 --quiet
sed 's/"settings":{[^}]*}/"settings":{}/; s/:null/:N/g; s/:[-0-9.e]*[0-9]/:N/g' log | sort | uniq -c |
    sed 's/^ *//'
head -1 log | grep -o '"hidden":"[0-9]*"'
elman train series.tsv --validation 0.2 --hidden 8 --epochs 4 --batch 8 --metrics log \
    --metrics-every 2 --quiet --resume 2>/dev/null || :
grep -c '"event":"end"' log

# optimizer steps a second on every line, and seconds that go on when a run does
grep -c '"steps_per_second":0[,}]' log
grep -o '"seconds":[0-9][^,]*' log | cut -d: -f2 | sort -c -g && echo ascending
awk -F'[:,}]' '/"event":"step"/ { for (n = 1; n < NF; n++) {
    if ($n == "\"steps_per_second\"") steps = $(n + 1)
    if ($n == "\"inputs_per_second\"") inputs = $(n + 1) }
    if (inputs < 40 * steps) print "not optimizer steps: " steps, inputs }' log
