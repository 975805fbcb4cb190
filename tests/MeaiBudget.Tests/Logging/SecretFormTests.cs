namespace MeaiBudget.Tests;

/// <summary>Secrets in text as forms send it, with a plus for each blank, and on lines of their own in XML.</summary>
public sealed class SecretFormTests
{
    private const string Secret = "Zx9kQ2mW7pLr4TvB8";

    [Theory]
    [InlineData("password+%3D+§")]
    [InlineData("password%3D+§")]
    [InlineData("password%3A+§")]
    [InlineData("password=+§")]
    [InlineData("api_key:+§")]
    [InlineData("text=the+password+is+§")]
    [InlineData("text=My+new+password+is+§&user=joe")]
    [InlineData("body=the+password+was+changed+to+§")]
    [InlineData("q=the+password+for+joe+is+§")]
    [InlineData("text=das+Passwort+lautet+§")]
    [InlineData("text=hello%21+The+secret+key+is%3A+§")]
    [InlineData("<password>\n  §\n</password>")]
    [InlineData("<db>\r\n\t<clientSecret>\r\n\t\t§\r\n\t</clientSecret>\r\n</db>")]
    [InlineData("<ApiKey>\n§\n</ApiKey>")]
    [InlineData("<property name=\"password\">\n    §\n  </property>")]
    [InlineData("<key>apiToken</key>\n<string>\n  §\n</string>")]
    [InlineData("&lt;password&gt;\n  §\n&lt;/password&gt;")]
    public void ASecretIsFound(string text)
    {
        string whole = text.Replace("§", Secret, StringComparison.Ordinal);

        string redacted = SecretRedactor.Default.Redact(whole);

        Assert.DoesNotContain(Secret[4..], redacted, StringComparison.Ordinal);
        Assert.Equal(redacted, Streamed(whole));
        Assert.Equal(redacted, SecretRedactor.Default.Redact(redacted));
    }

    [Theory]
    [InlineData("total = token+count+1;")]
    [InlineData("url += key+\"=\"+value;")]
    [InlineData("a = password+salt;")]
    [InlineData("q=what+is+a+password+manager")]
    [InlineData("q=how+to+reset+the+password+of+a+router")]
    [InlineData("sum = tokens+ +cost; key+=1; token=+1")]
    [InlineData("phone key: +49 170 1234567")]
    [InlineData("nVYFqQfb4zpjoDInUKS+pass+Zx9kQ2mW7pLr4TvB8nYc3HsD6fGj1KaE+token+x0")]
    [InlineData("Use <token>\nthe value\nof <user>.")]
    [InlineData("List<Token>\n    tokens\n    = [];")]
    [InlineData("Dictionary<string, Secret>\n  all;\n// </secret>")]
    [InlineData("<password>\n</password>")]
    [InlineData("<password>\n  <!-- none -->\n</password>")]
    public void OrdinaryTextIsKept(string text)
    {
        Assert.Equal(text, SecretRedactor.Default.Redact(text));
        Assert.Equal(text, Streamed(text));
    }

    private static string Streamed(string text)
    {
        StreamingSecretRedactor streaming = SecretRedactor.Default.CreateStreaming();
        return string.Concat(text.Select(character => streaming.Append([character]))) + streaming.Complete();
    }
}
