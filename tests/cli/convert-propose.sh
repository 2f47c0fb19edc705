# what a file would take is printed as commands, and each of them can be pasted:
# it converts, or asks what is still open
cp "$CASES/../golden/odd/"* .
for file in *.safetensors; do
    [ $file = long_names.safetensors ] && continue
    elman convert "$file" out.model --to elman >said 2>asked
    echo "$? $file: $(tail -n 1 said | cut -d ';' -f 1)"
    sed '/^  /d' asked | grep -v '^[A-Za-z_]*\.[a-z0-9_.]* *[(]' | grep . |
        sed 's/^elman: [a-z_0-9]*.safetensors: //'
    grep '^  elman convert ' asked >commands || continue

    # pasted as they are; what they write is right for the case or not proved
    while read -r line; do
        eval "$line" >said 2>again </dev/null
        code=$?
        printf '%s\n    %s %s\n' "$line" "$code" \
            "$(tail -n 1 said | cut -d ';' -f 1)"
        [ $code = 0 ] || grep -q '^  elman convert ' again || tail -n 1 again
    done <commands
done

# in a shell's quotes, whatever the files are called
cp a2c.safetensors "it's a model.safetensors"
elman convert "it's a model.safetensors" 'a$b.safetensors' 2>&1 | tail -n 2
elman convert --ignore=critic.weight a2c.safetensors --layers=lstm,fc \
    out.safetensors --quiet 2>&1 | tail -n 1

# a terminal is shown how to see all of them, a pipe shows them whole
elman convert long_names.safetensors out.safetensors 2>&1 | grep -c '^  elman'
elman convert long_names.safetensors out.safetensors 2>&1 |
    awk '{if (length > most) most = length} END {print most > 1800}'
COLUMNS=80 elman convert long_names.safetensors out.safetensors 2>&1 | tail -n 2
COLUMNS=80 elman convert long_names.safetensors out.safetensors --wide 2>&1 |
    grep -c '^  elman'
