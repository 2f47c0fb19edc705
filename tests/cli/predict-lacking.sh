# what a table lacks is called by its name: rows, whole rows, a column
awk 'BEGIN { print "t,y,x"; for (n = 0; n < 144; n++)
    print n "," (n % 17 ? n * 7 % 13 : "") "," n * 5 % 17 }' >hole.csv
sed 's/,,/,0,/' hole.csv >whole.csv
cut -d , -f 1,3 whole.csv >lacks.csv
head -9 whole.csv >short.csv
elman train whole.csv --target y --columns y,x -w 24 --steps 2 -q -o m
elman predict m hole.csv --missing drop
elman predict m hole.csv --missing previous -q | wc -l
cat hole.csv | elman predict m --missing drop
elman predict m short.csv
elman predict m lacks.csv
elman eval m whole.csv --transform log || true
