# a page of its own: nothing is fetched, and it holds the numbers
elman explain lstm --check -o page.html
ls
grep -ciE 'https?:|src=|href=|@import|url\(|fetch\(|XMLHttp' page.html
sed -n 's/.*id="data">//p' page.html | sed 's/<.script>.*//' >inside
elman explain lstm --check --json >outside
sed -n 's/.*id="data">//p' page.html | cmp - outside && echo the numbers of --json
grep -c '<script' page.html
grep -oE '<(title|h1)>[^<]*' page.html
for cell in rnn gru mingru minlstm indrnn ligru; do
    elman explain $cell --quiet -o $cell.html && wc -l <$cell.html | awk '{ print ($1 > 100) }'
done
elman explain lstm -o both.html --json --quiet | grep -c '"cell":"lstm"'
