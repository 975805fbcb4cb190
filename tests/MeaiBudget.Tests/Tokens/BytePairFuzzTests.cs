using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace MeaiBudget.Tests;

/// <summary>The counters against the plain reference. <c>MEAIBUDGET_FUZZ_STEPS</c> sets the number of texts, <c>MEAIBUDGET_FUZZ_SEED</c> the first seed.</summary>
public sealed class BytePairFuzzTests
{
    private static readonly (BytePairCounter Counter, ReferenceTokenizer Reference)[] Pairs =
    [
        (Encodings.O200kBase, ReferenceTokenizer.O200k),
        (Encodings.Cl100kBase, ReferenceTokenizer.Cl100k),
        (new BytePairCounter("gpt2_pattern", Encodings.Cl100kBase, SplitPattern.Gpt2), ReferenceTokenizer.Gpt2),
    ];

    private static int Steps => Number("MEAIBUDGET_FUZZ_STEPS", 300);

    // Each text that is cut is hundreds of texts: more steps are for new texts first of all.
    private static int CutTexts => (int)Math.Sqrt(Steps / 8.0);

    private static int Seed => Number("MEAIBUDGET_FUZZ_SEED", 1);

    [Fact]
    public void EveryTextCountsAsTheReferenceCountsIt()
    {
        for (int seed = Seed; seed < Seed + Steps; seed++)
        {
            AssertSame(new TextGenerator(seed).Next(), seed);
        }
    }

    [Fact]
    public void ATextCutAtAnyPositionCountsAsTheReferenceCountsIt()
    {
        for (int seed = Seed; seed < Seed + CutTexts; seed++)
        {
            string text = new TextGenerator(seed).Next();
            if (seed % 8 != 0 && text.Length > 240)
            {
                // The reference takes time that grows with the square of a word.
                text = text[..240];
            }

            for (int cut = 0; cut <= Math.Min(text.Length, 150); cut++)
            {
                AssertSame(text[..cut], seed);
                AssertSame(text[cut..], seed);
            }
        }
    }

    [Fact]
    public void ATextThatDoesNotFitTheBufferCountsAsTheReferenceCountsIt()
    {
        for (int seed = Seed; seed < Seed + (Steps / 50); seed++)
        {
            var random = new Random(seed);
            var text = new StringBuilder();
            while (text.Length < 32_700 + random.Next(200))
            {
                text.Append(random.Next(3) == 0 ? "né" : "word ");
            }

            var generator = new TextGenerator(seed);
            for (int i = 0; i < 8; i++)
            {
                text.Append(generator.Next());
            }

            AssertSame(text.ToString(), seed);
        }
    }

    private static void AssertSame(string text, int seed)
    {
        foreach ((BytePairCounter counter, ReferenceTokenizer reference) in Pairs)
        {
            int expected = reference.Count(text);
            int found = counter.Count(text);
            if (found != expected)
            {
                Assert.Fail($"{counter.Name}, seed {seed}: {found} tokens, not {expected}, for {Escape(text)}");
            }
        }
    }

    private static string Escape(string text) =>
        string.Concat(text.Select(unit => unit is >= ' ' and < (char)127 ? unit.ToString() : $"\\u{(int)unit:x4}"));

    private static int Number(string variable, int otherwise) =>
        int.TryParse(Environment.GetEnvironmentVariable(variable), CultureInfo.InvariantCulture, out int number) ? number : otherwise;
}
