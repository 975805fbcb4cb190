using System.Text.Json;

namespace MeaiBudget.Tests;

/// <summary>Secrets that only the header of their column names: CSV, tables, reports, SQL and lists; and those that only the place in a script or a sentence without blanks names.</summary>
public sealed class SecretTableTests
{
    private const string Password = "Kestrel-4821";

    public static TheoryData<string> Tables =>
    [
        "id,user,password\n1,jo,{0}\n2,al,{0}\n",
        "id;Passwort;Ort\r\n1;{0};Ulm\r\n2;\"{0}\";Köln\r\n",
        "name\tapi_key\tzone\nalpha\t{0}\teu\nbeta\t{0}\tus\n",
        "\"name\",\"DB_PASSWORD\"\n\"a, b\",\"{0}\"\n\"c\"\"d\",\"{0}\"\n",
        "| host | password | owner |\n|------|:--------:|-------|\n| web1 | `{0}` | ops |\n| web2 | **{0}** | ops |\n",
        " id | mot de passe | at\n----+--------------+-----\n  1 | {0} | now\n  2 | {0} | now\n",
        "NAME     HOST   PASSWORD\nprimary  db1    {0}\nreplica  db2    {0}\n",
        "INSERT INTO users (id, name, password) VALUES (1, 'jo', '{0}'), (2, 'o''hara', N'{0}');",
        "insert into konten(\n  passwort,\n  email\n)\nvalues\n  ('{0}', 'a@b.de'),\n  ('{0}', 'c@d.de');",
        "[[1, 2, \"x\"], [\"user\", \"zone\", \"password\"], [\"jo\", \"eu\", \"{0}\"], [\"al\", \"us\", \"{0}\"]]",
        "id,密码,note\n1,{0},x\n2,{0},y\n",
    ];

    [Theory, MemberData(nameof(Tables))]
    public void Q4_ColumnsOfSecretsAreRedacted(string table)
    {
        foreach (string text in new[] { Fill(table), "Here is the table:\n" + Fill(table) + "\nThat is all." })
        {
            string redacted = SecretRedactor.Default.Redact(text);

            Assert.DoesNotContain(Password, redacted, StringComparison.Ordinal);
            Assert.Equal(text, redacted.Replace(SecretRedactor.Placeholder, Password, StringComparison.Ordinal));
        }
    }

    [Theory, MemberData(nameof(Tables))]
    public void Q4_ColumnsOfSecretsAreRedactedInStringsOfJson(string table)
    {
        string text = JsonSerializer.Serialize(new { result = Fill(table), ok = true });

        string redacted = SecretRedactor.Default.Redact(text);

        Assert.DoesNotContain(Password, redacted, StringComparison.Ordinal);
        Assert.True(JsonDocument.Parse(redacted).RootElement.GetProperty("ok").GetBoolean());
    }

    [Theory, MemberData(nameof(Tables))]
    public void Q4_TablesAreRedactedTheSameWhereverTheyAreSplit(string table)
    {
        string text = Fill(table) + "\nMore text follows here.";
        string whole = SecretRedactor.Default.Redact(text);
        for (int split = 1; split < text.Length; split++)
        {
            StreamingSecretRedactor streaming = SecretRedactor.Default.CreateStreaming();
            Assert.Equal(whole, streaming.Append(text.AsSpan(0, split)) + streaming.Append(text.AsSpan(split)) + streaming.Complete());
        }

        StreamingSecretRedactor single = SecretRedactor.Default.CreateStreaming();
        Assert.Equal(whole, string.Concat(text.Select(character => single.Append([character]))) + single.Complete());
    }

    [Theory]
    [InlineData("| name | type | password |\n|---|---|---|\n| a | string | required |\n| b | int | The password of the user |\n")]
    [InlineData("id,token,count\n1,the,42\n2,of,17\n")]
    [InlineData("Enter the user name, password, and host.\nThen, press enter, and wait2see.\n")]
    [InlineData("    'Password',\n    'Utf8String',\n    'Token1234',\n")]
    [InlineData("call(user, password, host)\nVALUES are below: (a1b2c3d4, e5f6g7h8, i9j0k1l2)")]
    [InlineData("id,password_hash,created\n1,none,2026-01-01T10:00:00Z\n")]
    [InlineData("INSERT INTO users (id, name, password) VALUES (?, ?, ?), (@id, @name, @password), (1, 'jo', NULL);")]
    [InlineData("PASSWORD        DESCRIPTION\n--length        At least 8 characters\n--sha256        Uses sha256sum\n")]
    public void Q5_TablesWithoutSecretsAreKept(string text) => Assert.Same(text, SecretRedactor.Default.Redact(text));

    [Theory]
    [InlineData("spawn ssh joe@host\nexpect \"password:\"\nsend \"{0}\\r\"\ninteract")]
    [InlineData("expect {{\n  \"*assword*\" {{ send -- \"{0}\\n\" }}\n}}")]
    [InlineData("child.expect('Enter passphrase')\nchild.sendline('{0}')")]
    [InlineData("variable \"db_password\" {{\n  type        = string\n  description = \"of the database\"\n  default     = \"{0}\"\n}}")]
    [InlineData("password: ENC({0})")]
    [InlineData("รหัสผ่านคือ{0}")]
    [InlineData("รหัสผ่านของฉันคือ {0} ครับ")]
    [InlineData("密码改成{0}了")]
    [InlineData("ພາສາ: ລະຫັດຜ່ານ: {0}")]
    [InlineData("ពាក្យសម្ងាត់គឺ {0}")]
    [InlineData("கடவுச்சொல்: {0}")]
    public void Q4_PlacesThatOnlyTellASecretByWhatIsBeforeAreFound(string text) =>
        Assert.DoesNotContain(Password, SecretRedactor.Default.Redact(Fill(text)), StringComparison.Ordinal);

    [Theory]
    [InlineData("wallet seed: {0}")]
    [InlineData("The 12-word seed: {0}")]
    [InlineData("ethers.Wallet.fromPhrase('{0}')")]
    [InlineData("frase de recuperación: {0}")]
    [InlineData("{{\"mnemonic\":\"{0}\"}}")]
    public void Q4_SeedPhrasesAreFound(string text)
    {
        const string Phrase = "legal winner thank year wave sausage worth useful legal winner thank yellow";

        string redacted = SecretRedactor.Default.Redact(text.Replace("{{", "{", StringComparison.Ordinal).Replace("}}", "}", StringComparison.Ordinal).Replace("{0}", Phrase, StringComparison.Ordinal));

        Assert.DoesNotContain("winner", redacted, StringComparison.Ordinal);
    }

    private static string Fill(string text) => text.Replace("{{", "{", StringComparison.Ordinal).Replace("}}", "}", StringComparison.Ordinal).Replace("{0}", Password, StringComparison.Ordinal);
}
