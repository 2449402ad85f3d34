/** A job of the host: answers with the first line of what it is given. */
export const HOST_JOB = `
spool SPOOL
spool limit 6
spool attempts 1000
task
console none
script
    if [ -d "$FILE" ]; then set -- "$FILE/inner/file"; else set -- "$FILE"; fi
    echo "$RUN" >>RAN
    sleep 0.0$((\${#NAME} % 10))
    IFS= read -r line <"$1"
    echo "$line" >"$OUTPUT/answer"
end script
`;

/** The same in a domain of its own. */
export const DOMAIN_JOB = `
spool SPOOL
spool limit 2
spool attempts 1000
task
timeout 120
image from busybox
image copy $FILE /root/given
output /answer
guest answer
    script
        IFS= read -r line </root/given
        echo "$line" >/answer
    end script
end guest
`;
