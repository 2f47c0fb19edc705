# the files of the archives: one problem in every form is one problem
make_lines() { # rising and falling series of whole numbers: label, values
    awk 'BEGIN { for (i = 1; i <= 20; i++) for (s = 1; s >= -1; s -= 2) {
        line = s > 0 ? 1 : 2
        for (k = 0; k < 6; k++) line = line " " i + s * k
        print line } }'
}
make_lines >lines
cp lines blanks.txt
tr ' ' , <lines >commas
tr ' ' '\t' <lines >tabs.tsv
head='@problemName slope\n@timeStamps false\n@univariate true\n'
{ printf "%%# cut down\n%%\n$head@classLabel true 1.0 2.0\n@data\n"
  sed 's/^\([12]\) \(.*\)/\2:\1/; s/ /,/g' lines; } >header.ts
{ printf '@Relation slope\n'
  for k in 0 1 2 3 4 5; do echo "@attribute att$k numeric"; done
  printf '@attribute target {1,2}\n@data\n'
  sed 's/^\([12]\) \(.*\)/\2 \1/; s/ /,/g' lines; } >attributes.arff

learn() { elman train "$1" -H 8 --epochs 1 -o m.safetensors --quiet --json |
    grep -o '"task":"[a-z]*"'; rm -f m.safetensors.checkpoint*; }
for file in blanks.txt commas tabs.tsv header.ts attributes.arff; do
    echo "$file $(learn $file)"
    elman predict m.safetensors tabs.tsv | cksum >answers.$file
    cmp answers.$file answers.blanks.txt
done

# evaluated and answered in any other form, through a pipe, without labels
learn header.ts
for file in blanks.txt commas tabs.tsv header.ts attributes.arff; do
    elman eval m.safetensors $file | head -1
    elman eval m.safetensors - <$file | head -1
done | sort -u | wc -l
cut -d ' ' -f 2- lines >bare
sed 's/^[12]/?/' tabs.tsv >question.tsv
{ printf "$head@classLabel false\n@data\n"; tr ' ' , <bare; } >bare.ts
sed 's/:[12]$/:?/' header.ts >question.ts
for file in bare question.tsv bare.ts question.ts; do
    elman predict m.safetensors $file | cksum >answers
    cmp answers answers.blanks.txt && echo "$file equal"
    elman eval m.safetensors $file
    echo $?
done

# what could be rows of a table as well, and series of several rows
printf '1 2 3\n4 5 6\n7 8 9\n' >numbers.txt
elman train numbers.txt
echo $?
printf '@relation r\n@attribute name string\n@frequency yearly\n@horizon 2\n@data\n' >y.tsf
awk 'BEGIN { for (s = 1; s <= 3; s++) { printf "T%d:", s
    for (i = 0; i < 12; i++) printf "%s%d", i ? "," : "", i * s; print "" } }' >>y.tsf
learn y.tsf
elman predict m.safetensors y.tsf --last | cut -f 1
