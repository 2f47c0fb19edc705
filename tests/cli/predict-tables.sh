# one table in the ways it comes: all have the same numbers, so predict answers
# alike and eval measures alike
awk 'BEGIN { print "Date,KSI,petrol"; for (n = 0; n < 60; n++)
    print "19" 69 + int(n / 12) "-" (n % 12 < 9 ? "0" : "") n % 12 + 1 "," \
        1500 + n * 37 % 200 "," "0." 100 + n * 13 % 90 }' >plain.csv
{ cat plain.csv; echo; } >blank_end.csv
tr '\n' '\r' <plain.csv >mac.csv
sed 's/$/\r/' plain.csv >windows.csv
sed '2,$s/^\([^,]*\),\([^,]*\)/"\1, a month",\2/' plain.csv >quoted.csv
tr , ';' <plain.csv | sed '2,$s/^\([^;]*\)/\1, a month/' >semicolon.csv
tr , '\t' <plain.csv | sed '2,$s/^\([^\t]*\)/\1, a month/' >tab.csv
awk -F, -v OFS=, '{ print $3, $1, $2 }' plain.csv >shuffled.csv
tail -n +2 plain.csv >bare.csv
common='-w 6 -t 1 --epochs 2 -H 8 -q --time none'
elman train plain.csv $common --columns KSI,petrol --target KSI -o m
elman train bare.csv $common --columns 2,3 --target 2 -o n
elman predict m plain.csv >answers
wc -l <answers
elman eval m plain.csv | head -1 >measured
for file in blank_end mac windows quoted semicolon tab shuffled; do
    elman predict m $file.csv | cmp - answers && echo $file answered
    elman eval m $file.csv | head -1 | cmp - measured && echo $file measured
done
elman predict n bare.csv | wc -l
cp plain.csv plain.txt
elman predict m plain.txt --format table | cmp - answers && echo txt
elman predict m <plain.csv | cmp - answers && echo redirected
cat plain.csv | elman predict m | cmp - answers && echo piped
cat plain.csv | elman predict m - --output piped.csv
elman predict m plain.csv --output plain.out.csv
cmp piped.csv plain.out.csv && echo written
