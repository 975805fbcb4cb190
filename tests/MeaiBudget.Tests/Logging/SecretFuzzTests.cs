using System.Diagnostics;
using System.Net;
using System.Text;
using System.Text.Encodings.Web;

namespace MeaiBudget.Tests;

/// <summary>
/// Random text of pieces that the rules look at: no exception, the same result in pieces as for the whole, nothing more to redact in a
/// redacted text, and work in proportion to the length.
/// </summary>
public class SecretFuzzTests
{
    private const int Steps = 400;

    /// <summary>How long each test runs, in seconds; without it, a number of steps.</summary>
    private static readonly int Seconds = int.TryParse(Environment.GetEnvironmentVariable("MEAIBUDGET_FUZZ_SECONDS"), out int seconds) ? seconds : 0;

    private static readonly string[] Pieces =
    [
        "password", "DB_PASSWORD", "api_key", "clé", " secrète", "мой пароль", "密码", "パスワード", "비밀번호", "token", "Secret", "value", "name", "key", "auth", "code", "login", "credential", "cookie", "Authorization", "ｐａｓｓ", "p\u0430ssword", "pa\u200bss",
        "=", ":", " = ", ": ", " := ", "::", " => ", "->", " <- ", "?=", "==", "|", "||", ",", ";", "(", ")", "[", "]", "{", "}", "<", ">", "</", "/>", "\"", "'", "`", "\\\"", "\\\\\"", "&quot;", "%22", "%3D", "%253D", "%3A", "%C3%A9", "%", "%2", "&", "&#", "\\", "\\u", "\\u00", "\\u003a", "\\u4f60", "\\n",
        " ", "\n", "\r\n", "\n\n", "\t", "\u001b[32m", "\\u001b[3", "„", "“", "「", "。", "は", "是", "é", "ß", " is ", " was set to ", " lautet ", " for joe", " As String", "string", "&str", "new ", "Some(", "${X:-", "variable \"", "-----BEGIN PRIVATE", " KEY-----", "-----END", "eyJ", "eyJhbGci", "sk-", "ghp_",
        "AKIA", "://", "https://", "hooks", "/hook/", "@", "user:", "-u ", "-p", "--password ", "echo ", "Bearer ", "Basic ", "AIoT", "+AEh", "ACDb", "JQQJ99", "Q~", "1000.", ".", "-", "_", "00D", "!", "uuid", "550e8400-e29b-41d4-a716-446655440000", ":fx", "[REDACTED]", "[REDA", "YWRtaW46", "c2VjcmV0",
        "mnemonic", "seed phrase", " (12 words):", "1. ", "river apple stone cloud tiger maple ", "ocean glass lemon drum pilot zebra ", "<<< ", ":pserver:", "openssl ", "pass:", "use ", " as ", "sk_", "PKCS7_", "_num", "apk_user_", "a+", "EXAMPLE", "publicKey", "ServerName",
        "3f9c1e7a5b2d4f8096c1a7e3d5b9f204", "Zx9kQ2mW7pLr4TvB8nYc3HsD6fGj1KaE", "hunter2!", "Winter-2026", "acme_live_", "x", "word ", "the ", "7", "0", "ab", "MIIEvQIBADAN", "mysql ", "htpasswd ", "net use ", "WIFI:", ";P:", ";;", "add-mask::", "IDENTIFIED ", " BY ", "use ", "using ", " as the ", "community ", " del servidor es ", "\uD83D\uDE00", "\uD83D", "\0",
    ];

    [Fact]
    public void AnyTextInAnyPiecesGivesWhatTheWholeGivesAndOnlyOnce()
    {
        var random = new Random(Seconds == 0 ? 24 : Guid.NewGuid().GetHashCode());
        int texts = 0, changed = 0;
        string example = "";
        foreach (int _ in Rounds())
        {
            texts++;
            string text = Text(random, random.Next(1, 60));
            string whole = SecretRedactor.Default.Redact(text);
            Assert.True(whole == Split(random, text), $"Split and whole differ for: {Escaped(text)}");
            if (whole != SecretRedactor.Default.Redact(whole))
            {
                changed++;
                example = text;
            }
        }

        // A secret at one level of escapes can hide what surrounds a secret at another.
        Assert.True(changed * 500 <= texts, $"A second redaction changes the result for {changed} of {texts} texts: {Escaped(example)}");
    }

    [Fact]
    public void EveryPositionOfASplitGivesWhatTheWholeGives()
    {
        var random = new Random(Seconds == 0 ? 25 : Guid.NewGuid().GetHashCode());
        foreach (int _ in Rounds(every: 20))
        {
            string text = Text(random, random.Next(1, 25));
            string whole = SecretRedactor.Default.Redact(text);

            // Of a long text some positions: each redacts the whole of it again.
            int step = 1 + (text.Length / 1_000);
            for (int split = random.Next(step); split <= text.Length; split += step)
            {
                StreamingSecretRedactor streaming = SecretRedactor.Default.CreateStreaming();
                string pieces = streaming.Append(text.AsSpan(0, split)) + streaming.Append(text.AsSpan(split)) + streaming.Complete();
                Assert.True(whole == pieces, $"Split at {split} and whole differ for: {Escaped(text)}");
            }
        }
    }

    /// <summary>Eight times the text takes no more than about eight times the time. A measurement, so only in a long run.</summary>
    [Fact]
    public void AnyPieceRepeatedTakesTimeInProportionToItsLength()
    {
        Assert.SkipWhen(Seconds == 0, "Set MEAIBUDGET_FUZZ_SECONDS to measure how the time grows with the length.");
        const int Short = 40_000;
        const int Factor = 8;
        var random = new Random(26);
        IEnumerable<string> texts = Pieces.Concat(Enumerable.Range(0, 1_000).Select(_ => Text(random, random.Next(1, 6)))).Where(text => text.Length > 0);
        foreach (string piece in texts)
        {
            string text = Repeat(piece, Short);
            string longer = Repeat(piece, Short * Factor);
            double ratio = double.MaxValue;
            for (int attempt = 0; attempt < 6 && ratio > Factor * 4; attempt++)
            {
                double first = Work(text);
                ratio = Math.Min(ratio, Work(longer) / Math.Max(first, 0.2));
            }

            Assert.True(ratio <= Factor * 4, $"{Factor} times the length took {ratio:0} times the time: {Escaped(piece)}");
        }
    }

    private static IEnumerable<int> Rounds(int every = 1)
    {
        long end = Stopwatch.GetTimestamp() + Seconds * Stopwatch.Frequency;
        for (int i = 0; Seconds == 0 ? i < Steps / every * 4 : Stopwatch.GetTimestamp() < end; i++)
        {
            yield return i;
        }
    }

    /// <summary>The time of the processor: on a busy machine the clock tells more of its other processes.</summary>
    private static double Work(string text)
    {
        TimeSpan start = Environment.CpuUsage.TotalTime;
        SecretRedactor.Default.Redact(text);
        return (Environment.CpuUsage.TotalTime - start).TotalMilliseconds;
    }

    private static string Text(Random random, int pieces)
    {
        var text = new StringBuilder();
        for (int i = 0; i < pieces; i++)
        {
            text.Append(Pieces[random.Next(Pieces.Length)]);
        }

        return Wrapped(random, text.ToString());
    }

    /// <summary>Some texts are strings of JSON, HTML or an address, with plain text before and behind them.</summary>
    private static string Wrapped(Random random, string text)
    {
        while (random.Next(3) == 0 && text.Length < 2_000)
        {
            text = random.Next(4) switch
            {
                0 => $"{{\"a\":\"{JavaScriptEncoder.UnsafeRelaxedJsonEscaping.Encode(text)}\"}}",
                1 => $"{{\"a\":\"{JavaScriptEncoder.Default.Encode(text)}\"}}",
                2 => WebUtility.HtmlEncode(text),
                _ => WebUtility.UrlEncode(text),
            };
        }

        // Long enough for the layers of escapes to be given up.
        return random.Next(12) == 0 ? text + Repeat("some plain words ", random.Next(2_000, 5_000)) + text : text;
    }

    private static string Split(Random random, string text)
    {
        StreamingSecretRedactor streaming = SecretRedactor.Default.CreateStreaming();
        var result = new StringBuilder();
        int most = random.Next(1, 12);
        for (int at = 0; at < text.Length;)
        {
            int length = Math.Min(random.Next(0, most + 1), text.Length - at);
            result.Append(streaming.Append(text.AsSpan(at, length)));
            at += length;
        }

        return result.Append(streaming.Complete()).ToString();
    }

    private static string Repeat(string piece, int length)
    {
        var text = new StringBuilder(length + piece.Length);
        while (text.Length < length)
        {
            text.Append(piece);
        }

        return text.ToString();
    }

    private static string Escaped(string text) => string.Concat(text.Select(letter => letter is >= ' ' and <= '~' ? letter.ToString() : $"\\u{(int)letter:x4}"));
}
