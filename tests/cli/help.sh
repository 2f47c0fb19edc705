# --help shows everything, -h what fits a screen
elman --help
for command in train eval predict sample inspect info convert run verify bench; do
    elman $command --help >help.txt || echo "no help of $command"
    # a line that is too long, or an option without a sentence
    awk -v name=$command 'length > 79 { print name ": " $0 }' help.txt
    grep -nE '^ *(-., )?--[a-z0-9-]+ *$' help.txt
    # the short help fits a screen and names the long one
    elman $command -h >short.txt || echo "no short help of $command"
    awk -v name=$command 'length > 79 { print name ": " $0 }' short.txt
    [ $(wc -l <short.txt) -le 24 ] || echo "the short help of $command is long"
    tail -1 short.txt | grep -q -- "'elman $command --help'" ||
        echo "the short help of $command does not name the long one"
done
elman help eval
elman help run

echo ---
elman -h
echo ---
elman train -h
echo ---
elman info -h >short.txt
elman -h info | cmp - short.txt && echo the same

# as wide as COLUMNS says, within reason
for columns in 30 50 70 120 200 none; do
    COLUMNS=$columns elman train --help |
        awk '{ if (length > most) most = length } END { print most }'
done
