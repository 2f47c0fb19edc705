elman --dump-man | sed -n 1,4p | sed 's/elman [0-9][0-9.]*"/elman N"/'
for command in train eval predict sample inspect info convert run verify bench; do
    elman --dump-man $command >page.1 || echo "no page of $command"
    # roff takes a line that begins with a point it does not know in silence
    grep '^[.]' page.1 | grep -vE '^[.](TH|SH|SS|TP|PP|B|BR|R)( |$)'
    elman $command --help | grep -oE '^ +(-., )?--[a-z0-9-]+' | sed 's/.*--//' |
        while read -r option; do
            grep -qF -- "$(echo "--$option" | sed 's/-/\\-/g')" page.1 ||
                echo "$command: --$option is not in the page"
        done
done
