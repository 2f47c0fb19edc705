# a file that is not a model is named, in one line
: >empty
echo text >text.safetensors
mkdir folder
printf '\377\377\377\377\377\377\377\377{}' >huge
for file in empty text.safetensors folder huge missing /dev/zero; do
    for command in info eval predict sample inspect; do
        more=; [ $command = eval ] && more=text.safetensors
        elman $command $file $more >out 2>err </dev/null
        echo "$command $file: $? $(wc -l <err) $(grep -c "^elman: .*$file" err)"
        [ ! -s out ] || cat out
    done
done
