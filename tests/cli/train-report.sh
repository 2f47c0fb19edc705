# the page of a run, and one that cannot be written
. "$CASES/data.sh"
make_series
options='--hidden 4 --epochs 4 --validation 0.2 -o model'
elman train series.tsv $options --report page.html 2>/dev/null | grep '^page'
head -c 15 page.html
grep -c '</html>' page.html
elman train series.tsv $options --report page.html --quiet | grep -c page
elman train series.tsv $options --report-every 2 --quiet
echo $?

# after each second evaluation too; it is whole at any time
rm page.html
elman train series.tsv $options --epochs 400 --report page.html --report-every 2 \
    --quiet >/dev/null &
pid=$!
while [ ! -e page.html ] && kill -0 $pid 2>/dev/null; do :; done
kill -INT $pid 2>/dev/null
{ wait $pid; } 2>/dev/null
grep -c '</html>' page.html

# known before the run that it cannot be written
elman train series.tsv $options --report missing/page.html
echo $?
elman train series.tsv $options --report page.html --seeds 2
echo $?

# and one that is lost at the end costs the page alone
mkdir folder
rm model
elman train series.tsv $options --epochs 400 --report folder/page.html --quiet 2>lost >/dev/null &
pid=$!
while [ ! -e model ] && kill -0 $pid 2>/dev/null; do :; done
rm -rf folder
wait $pid
echo $?
cut -d : -f 1,2 lost
elman info model | grep -c '^trained until'
