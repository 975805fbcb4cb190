namespace MeaiBudget.Tests;

/// <summary>Single words that make what stands beside them a secret, or none: commands, verbs, kinds of identifier, letters of other alphabets.</summary>
public sealed class SecretWordTests
{
    private const string Password = "Kestrel-4821";
    private const string Generated = "Zx9kQ2mW7pLr4TvB8nYc3HsD";

    [Theory]
    [InlineData("htpasswd|htdigest|chpasswd|sshpass|smbclient|psexec|psexec64|cmdkey|schtasks|wmic|wmiexec|winexe|evil-winrm|crackmapexec|netexec|rdesktop|xfreerdp|mstsc|snmpwalk|snmpget|snmpset|snmpbulkwalk|snmpbulkget|snmpgetnext")]
    [InlineData("snmptrap|snmptable|onesixtyone|radtest|ipmitool|mysql|mysqldump|mysqladmin|mysqlimport|mariadb|mariadb-dump|mongo|mongosh|mongodump|mongorestore|mongoimport|mongoexport|sqlcmd|sqlplus|expdp|impdp|cqlsh|redis-cli|isql")]
    [InlineData("osql|bcp|clickhouse-client|influx|cryptsetup|keytool|jarsigner|signtool|ssh-keygen|puttygen|plink|pscp|7z|7za|unzip|rar|unrar|kinit|ldapsearch|ldapadd|ldapmodify|ldappasswd")]
    [InlineData("wpa_passphrase|oathtool|importprivkey|lftp|ncftp|ncftpput|ncftpget|twine|skopeo|buildah|podman|mosquitto_pub|mosquitto_sub|onstat|dsmc|asadmin|wsadmin|bundle|poetry|pulumi|rclone|sqlldr|tacacs-server|radius-server")]
    [InlineData("vncpasswd|snmp-server|isakmp")]
    public void Q4_ThePasswordOnTheLineOfACommandIsRedacted(string commands) => AssertAll(commands, command =>
    [
        ($"{command} joe {Password}\nnext\n", $"{command} joe [REDACTED]\nnext\n"),
        ($"x{command} joe {Password}\n", $"x{command} joe {Password}\n"),
    ]);

    [Theory]
    [InlineData("community|rocommunity|rwcommunity|rocommunity6|rwcommunity6|com2sec|trapcommunity|trap2sink|trapsink")]
    public void Q4_TheCommunityOfANetworkDeviceIsRedacted(string settings) => AssertAll(settings, setting =>
    [
        ($"{setting} {Password} ro\n", $"{setting} [REDACTED] ro\n"),
        ($"{setting} one two {Password}\n", $"{setting} one two [REDACTED]\n"),
        ($"{setting} one two three four {Password}\n", $"{setting} one two three four {Password}\n"),
    ]);

    /// <summary>What a provider or a tool calls an identifier is none the less random than a secret.</summary>
    [Theory]
    [InlineData("sha|sha1|sha256|md5|crc|hash|digest|integrity|commit|rev|ref|etag|tag|uuid|guid|id|urn|req|request|msg|message|chatcmpl")]
    [InlineData("cmpl|compl|resp|response|rs|fc|fco|ci|ws|ig|mcp|mcpl|mcpr|call|toolu|tool|srvtoolu|file|asst|run|thread|step|batch|batches")]
    [InlineData("msgbatch|vs|vsfb|ftjob|ft|ftckpt|org|proj|project|user|usr|cus|evt|event|pi|ch|in|sub|price|acct|trace|span|sess|session")]
    [InlineData("gen|chunk|css|img|image|icon|font|cell|node|block|tx|txn|addr|item|obj|object|doc|page|build|job|task|op|fp|conv")]
    [InlineData("ctx|container|cntr|embd|model|layer|blob|snapshot|subnet|vpc|ami|eni|group|bundle|version|data|base64|hex|index|main|vendor|module|class|style")]
    [InlineData("test|video|audio|upload|artifact|release|skill|memory|sjob|eval|evalrun|output|part|ephemeral|resource|reservation|lease")]
    public void Q5_IdentifiersOfEveryKindAreKept(string words) => AssertAll(words, word =>
    [
        ($"see {word}_{Generated} now", $"see {word}_{Generated} now"),
        ($"see {word[0]}qv_{Generated} now", "see [REDACTED] now"),
    ]);

    [Theory]
    [InlineData("key|apikey|secret|token|pat|sk|api|auth|access|password|pwd|live|prod|sdk|mob|svc|bearer|refresh|client|oauth")]
    public void Q4_AWordForASecretMakesAShortValueOne(string words) => AssertAll(words, word =>
    [
        ($"see acme_{word}_aB3dE5fG7hJ9 now", "see [REDACTED] now"),
        ($"see acme_{word}_aB3dE5fG7hJ now", $"see acme_{word}_aB3dE5fG7hJ now"),
        ("see acme_thing_aB3dE5fG7hJ9 now", "see acme_thing_aB3dE5fG7hJ9 now"),
    ]);

    [Theory]
    [InlineData("is|was|are|equals|set|to|now|changed|currently|ist|heißt|heisst|jetzt|war|lautet|lautete|es|era|est|était|sono|fue|é|è")]
    [InlineData("jest|była|är|er|on|это|был|является|є|je|este|είναι|là|adalah|คือ|هي|هو|הוא|היא|है|by|und|=|-")]
    [InlineData("–|—")]
    public void Q4_AVerbOfAnyLanguageTellsThatAPasswordFollows(string verbs) => AssertAll(verbs, verb =>
    [
        ($"The password {verb} {Password} now", $"The password {verb} [REDACTED] now"),
        ($"The password {verb}x {Password} now", $"The password {verb}x {Password} now"),
    ]);

    [Theory]
    [InlineData("for|of|für|von|pour|para|per|voor|dla|для|от|від|till|til|untuk")]
    public void Q4_ThePasswordOfSomebodyIsRedacted(string words) => AssertAll(words, word =>
    [
        ($"Password {word} joe: {Password}\n", $"Password {word} joe: [REDACTED]\n"),
        ($"Password {word} joe {Password}\n", $"Password {word} joe [REDACTED]\n"),
    ]);

    [Theory]
    [InlineData("the|my|your|our|der|die|das|den|la|le|el")]
    public void Q4_AnArticleBeforeTheOwnerIsNoName(string articles) => AssertAll(articles, article =>
    [
        ($"password of {article} server: {Password}\n", $"password of {article} server: [REDACTED]\n"),
        ($"password of {article} server {Password}\n", $"password of {article} server [REDACTED]\n"),
    ]);

    [Theory]
    [InlineData("saya|anda|kami|mea|ta|μου|tôi")]
    public void Q4_APossessiveBehindTheNameIsNoValue(string words) => AssertAll(words, word => [($"kata sandi {word} {Password} ya", $"kata sandi {word} [REDACTED] ya")]);

    [Theory]
    [InlineData("改成|改为|改為|设为|設為|设成|设置为|設定為|更新为|换成|變更為|คือ|ใหม่คือ|เดิมคือ|เก่าคือ|ของฉันคือ|ของผมคือ|ของคุณคือ|ของเราคือ|เป็น|គឺ|ແມ່ນ|သည်|က ")]
    public void Q4_AVerbWithoutABlankTellsThatAPasswordFollows(string verbs) => AssertAll(verbs, verb =>
    [
        ($"密码{verb}{Password}。", $"密码{verb}[REDACTED]。"),
        ($"รหัสผ่าน{verb} {Password}", $"รหัสผ่าน{verb} [REDACTED]"),
    ]);

    [Theory]
    [InlineData("value|val|content|text|string|default|data|secret")]
    public void Q4_TheValueOfAPairIsRedactedHoweverItsMemberIsCalled(string members) => AssertAll(members, member =>
    [
        ($"- name: DB_PASSWORD\n  {member}: {Password}\n", $"- name: DB_PASSWORD\n  {member}: [REDACTED]\n"),
        ($"{{\"key\": \"client_secret\", \"{member}\": \"{Generated}\"}}", $"{{\"key\": \"client_secret\", \"{member}\": \"[REDACTED]\"}}"),
    ]);

    /// <summary>No list of words for wallets has these, so a text with one of them is a sentence.</summary>
    [Theory]
    [InlineData("the|of|is|are|was|were|be|been|and|or|to|for|from|in|on|by|as|at|it|its|not|may|which|has")]
    [InlineData("have|does|your|you|if|an|a")]
    public void Q5_ASentenceBehindTheNameOfAPhraseIsKept(string words) => AssertAll(words, word =>
    [
        ($"recovery words: legal winner thank {word} year wave sausage worth useful legal winner thank yellow\n", $"recovery words: legal winner thank {word} year wave sausage worth useful legal winner thank yellow\n"),
    ]);

    [Theory]
    [InlineData("login|credential|credentials|auth|connect|connection|authenticate|pdo|authentication|setuserinfo|userpassword|encrypt|decrypt")]
    public void Q4_ThePasswordInACallThatTakesOneIsRedacted(string names) => AssertAll(names, name =>
    [
        ($"x.{name}(\"joe\", \"{Password}\")", $"x.{name}(\"joe\", \"[REDACTED]\")"),
        ($"x.{name}('joe', '{Password}', 3)", $"x.{name}('joe', '[REDACTED]', 3)"),
        ($"x.{name}x(\"joe\", \"{Password}\")", $"x.{name}x(\"joe\", \"{Password}\")"),
    ]);

    /// <summary>The keys of Azure's services have a mark of their service before their end.</summary>
    [Theory]
    [InlineData("ASt|ABa|ACDb|AIoT|AEh|ASb|ARm|ACR|AzFu|AzCa|AzSe|AzEG|APIM")]
    public void Q4_AKeyOfAzureIsRedactedByItsMark(string marks) => AssertAll(marks, mark =>
    [
        ($"see a/Zx9kQ2mW7pLr4TvB8nYc3HsD6fGj1K+{mark}q8Wn3z= now", "see [REDACTED] now"),
        ($"see a/Zx9kQ2mW7pLr4TvB8nYc3HsD6fGj1K+{mark}q8Wn= now", $"see a/Zx9kQ2mW7pLr4TvB8nYc3HsD6fGj1K+{mark}q8Wn= now"),
    ]);

    /// <summary>A name is the same with accents, and with letters of other alphabets that look like its own.</summary>
    [Theory]
    [InlineData("p_ssword", "àáâãäåāăąạảấầẩẫậắằẳẵặа")]
    [InlineData("se_ret", "çćĉċčс")]
    [InlineData("passwor_", "ďđðԁ")]
    [InlineData("s_cret", "èéêëēĕėęěẹẻẽếềểễệе")]
    [InlineData("_eheimnis", "ĝğġģԍ")]
    [InlineData("cred_ntial", "èе")]
    [InlineData("cl_ntsecret", "ìíîïĩīĭįıịỉі")]
    [InlineData("to_en", "ķк")]
    [InlineData("c_ave", "ĺļľŀł")]
    [InlineData("toke_", "ñńňņ")]
    [InlineData("passw_rd", "òóôõöøōŏőọỏốồổỗộớờởỡợо")]
    [InlineData("passwo_d", "ŕŗř")]
    [InlineData("pa_sword", "śŝşšșßѕ")]
    [InlineData("_oken", "ţťŧțт")]
    [InlineData("acco_ntkey", "ùúûüũūŭůűųụủứừửữự")]
    [InlineData("apike_", "ýÿŷỳỵỷỹу")]
    [InlineData("_aporka", "źżž")]
    [InlineData("_assword", "р")]
    [InlineData("pass_ord", "ԝ")]
    [InlineData("refres_token", "һ")]
    public void Q4_ANameIsReadWithoutAccentsAndLookAlikes(string name, string letters) => AssertAll(string.Join('|', letters.ToCharArray()), letter =>
    [
        ($"{{\"{name.Replace("_", letter, StringComparison.Ordinal)}\": \"{Generated}\"}}", $"{{\"{name.Replace("_", letter, StringComparison.Ordinal)}\": \"[REDACTED]\"}}"),
    ]);

    internal static void AssertAll(string names, Func<string, (string Text, string Expected)[]> texts)
    {
        string[] wrong =
        [
            .. from name in names.Split('|')
               from one in texts(name)
               let redacted = SecretRedactor.Default.Redact(one.Text)
               where redacted != one.Expected
               select $"{one.Text} became {redacted}",
        ];
        Assert.True(wrong.Length == 0, string.Join('\n', wrong));
    }
}
