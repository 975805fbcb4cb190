using System.Runtime.CompilerServices;

namespace MeaiBudget.Tests;

/// <summary>
/// What exactly is redacted of a text: the secret and nothing around it, whether the text comes whole or one character at a time, and
/// not more when it is redacted again. The texts are in secret-texts.tsv; all secrets are made up.
/// </summary>
public sealed class SecretTextTests
{
    private const int PerTest = 20;

    public static TheoryData<string, int> Groups
    {
        get
        {
            var groups = new TheoryData<string, int>();
            foreach (IGrouping<string, (string Kind, string Text)> kind in Texts().GroupBy(text => text.Kind))
            {
                for (int first = 0; first < kind.Count(); first += PerTest)
                {
                    groups.Add(kind.Key, first);
                }
            }

            return groups;
        }
    }

    [Theory, MemberData(nameof(Groups))]
    public void Q1_ExactlyTheSecretIsRedacted(string kind, int first)
    {
        var wrong = new List<string>();
        foreach ((string _, string marked) in Texts().Where(text => text.Kind == kind).Skip(first).Take(PerTest))
        {
            string text = marked.Replace("⟦", "", StringComparison.Ordinal).Replace("⟧", "", StringComparison.Ordinal);
            string expected = string.Concat(marked.Split('⟦').Select((part, index) => index == 0 ? part : SecretRedactor.Placeholder + part[(part.IndexOf('⟧', StringComparison.Ordinal) + 1)..]));
            StreamingSecretRedactor streaming = SecretRedactor.Default.CreateStreaming();
            string pieces = string.Concat(text.Select(character => streaming.Append([character]))) + streaming.Complete();
            string whole = SecretRedactor.Default.Redact(text);
            if (whole != expected || pieces != expected || SecretRedactor.Default.Redact(expected) != expected)
            {
                wrong.Add($"{marked}\n  whole:  {whole}\n  pieces: {pieces}\n  again:  {SecretRedactor.Default.Redact(expected)}");
            }
        }

        Assert.True(wrong.Count == 0, string.Join('\n', wrong));
    }

    private static IEnumerable<(string Kind, string Text)> Texts() =>
        from line in File.ReadLines(Path.Combine(Path.GetDirectoryName(Here())!, "secret-texts.tsv"))
        where !line.StartsWith('#')
        let fields = line.Split('\t')
        select (fields[0], fields[1].Replace("·", "", StringComparison.Ordinal).Replace('⏎', '\n').Replace('␍', '\r').Replace('⇥', '\t').Replace('␛', '\u001b'));

    private static string Here([CallerFilePath] string file = "") => file;
}
