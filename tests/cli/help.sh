elman --help
for command in train eval predict sample inspect info convert run verify bench; do
    elman $command --help >help.txt || echo "no help of $command"
    # a line that is too long, or an option without a sentence
    awk -v name=$command 'length > 79 { print name ": " $0 }' help.txt
    grep -nE '^ *(-., )?--[a-z0-9-]+ *$' help.txt
    grep -c . help.txt >/dev/null
done
elman help eval
elman help run
