using System.Text;
using Microsoft.Extensions.AI;

namespace MeaiBudget.Tests;

public class PdfPagesTests
{
    private const int Megabyte = 1024 * 1024;

    [Theory]
    [InlineData("%PDF-1.4 1 0 obj<</Type/Pages>> 2 0 obj<</Type /Page>> 3 0 obj<</Type/Page/X 1>>", 2)]
    [InlineData("%PDF-1.5 5 0 obj<</Kids[1 0 R]/Count 12/Type/Pages>>endobj", 12)]
    [InlineData("%PDF-1.5 5 0 obj<</Type /Pages /Kids [1 0 R] /Count 7>>endobj 9 0 obj<</Count 99>>endobj", 7)]
    [InlineData("%PDF-1.5 1 0 obj<</Linearized 1/L 123/H[1 2]/O 4/E 5/N 31/T 6>>endobj", 31)]
    [InlineData("%PDF-1.5 1 0 obj<</Linearized 1 /L 123 /O 4 /N 31 /T 6>>endobj", 31)]
    [InlineData("%PDF-1.5 5 0 obj<</Type/Pages/Count 99999999>>endobj", 0)]
    [InlineData("/Type/Pages", 0)]
    public void DamagedFilesTellTheirPagesInOtherPlaces(string file, long pages)
    {
        PdfContents contents = PdfPages.Read(Encoding.ASCII.GetBytes(file));

        Assert.Equal((pages, false), (contents.Pages, contents.IsComplete));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(250)]
    public void O10_PagesInCompressedObjectStreamsAreCounted(int pages)
    {
        PdfContents contents = PdfPages.Read(PdfFile.Modern(pages));

        Assert.Equal((pages, true), (contents.Pages, contents.IsComplete));
    }

    [Fact]
    public void O10_TheTreeDecidesNotWhatLooksLikeAPage()
    {
        byte[] attachment = PdfFile.Modern(40);
        byte[] file = new PdfFile()
            .Object(1, "<</Type/Catalog/Pages 2 0 R>>")
            .Object(2, "<</Type/Pages/Count 50/Kids 9 0 R>>")
            .Object(3, "<</Type/Page/Parent 2 0 R>>")
            .Object(4, "<</Type/Page/Parent 2 0 R>> % deleted by an update")
            .Object(9, "[3 0 R 6 0 R]")
            .Stream(5, "/Type/EmbeddedFile", attachment)
            .Stream(6, "/Type/Metadata", "7 0 obj <</Type /Page>> (/Type /Page)"u8.ToArray(), length: "999999")
            .Trailer(1)
            .Object(6, "<</Type/P#61ges/Parent 2 0 R/Kids[3 0 R 8 0 R 8 0 R]>>")
            .Object(8, "<</Parent 6 0 R % no type\n/X(\\)/Kids[])/Y<3C>>>")
            .Trailer(1)
            .ToArray();

        PdfContents contents = PdfPages.Read(file);

        Assert.Equal((4L, true), (contents.Pages, contents.IsComplete));
    }

    [Fact]
    public void O10_TextIsCountedInContentsNotInFonts()
    {
        string content = "BT (Hello \\) world) Tj [(ab) 120 (cd)] TJ <00480065006C006C006F> Tj /Span <</MCID 0>> BDC ET";
        byte[] file = new PdfFile(Encoding.Latin1.GetString(PdfFile.Modern(1, content)))
            .Stream(30, "/Filter/FlateDecode", PdfFile.Deflate("/CIDInit /ProcSet findresource begin <0041> <0042> endbfchar"u8.ToArray()))
            .Stream(31, "/Subtype/Image", "(((((((((((((((("u8.ToArray())
            .Stream(32, "/Length1 9", "(((((((((((((((("u8.ToArray())
            .ToArray();

        Assert.Equal("Hello ) world".Length + "abcd".Length + "Hello".Length, PdfPages.Read(file).Characters);
    }

    [Fact]
    public void O10_AFileThatCannotBeReadWholeIsBoundedByItsBytes()
    {
        // The object streams of an encrypted file are noise.
        byte[] noise = new byte[200_000];
        new System.Random(3).NextBytes(noise);
        byte[] file = new PdfFile().Stream(7, "/Type/ObjStm/N 100/First 600/Filter/FlateDecode", noise).Text("trailer<</Root 1 0 R/Encrypt 2 0 R>>").ToArray();

        TokenEstimate estimate = Estimate("claude-sonnet-4-5", file);

        Assert.False(PdfPages.Read(file).IsComplete);
        Assert.True(estimate.InputUpperBound >= 600 * 1568, $"{estimate.InputUpperBound}");
        Assert.InRange(estimate.InputTokens, 1500, 20_000);
    }

    public static TheoryData<string, byte[]> HostileFiles() => new()
    {
        { "a bomb", new PdfFile().Stream(7, "/Type/ObjStm/N 1/First 4/Filter/FlateDecode", PdfFile.Deflate(new byte[64 * Megabyte])).ToArray() },
        { "bombs in contents", Bombs() },
        { "a tree that contains itself", new PdfFile().Object(1, "<</Type/Catalog/Pages 2 0 R>>").Object(2, "<</Type/Pages/Kids[2 0 R 3 0 R]>>").Object(3, "<</Kids[2 0 R]>>").Trailer(1).ToArray() },
        { "a tree with 2^60 leaves", Doubling() },
        { "a chain of nodes", Chain(20_000) },
        { "a million open dictionaries", Encoding.ASCII.GetBytes("%PDF-1.4\n" + string.Concat(Enumerable.Repeat("1 0 obj<<", 300_000))) },
        { "open strings", Encoding.ASCII.GetBytes("%PDF-1.4\n" + string.Concat(Enumerable.Repeat("1 0 obj(", 300_000))) },
        { "shared kids", SharedKids() },
        { "objects at one offset", OneOffset() },
        { "numbers out of range", new PdfFile().Stream(7, "/Type/ObjStm/N 99999999999/First 2147483647/Filter/FlateDecode", PdfFile.Deflate("1 0 "u8.ToArray())).Object(2, "<</Type/Pages/Count -5>>").ToArray() },
        { "references that refer to themselves", new PdfFile().Object(1, "1 0 R").Object(2, "<</Type 2 0 R/Kids 2 0 R/Length 2 0 R>>").Stream(3, "/Type 3 0 R/Filter 3 0 R", [1, 2, 3], "3 0 R").Trailer(1).ToArray() },
        { "only keywords", Encoding.ASCII.GetBytes("%PDF- obj obj 0 obj 1 obj 99999999999999999999 0 obj stream endstream trailer trailer<< Root") },
    };

    [Theory]
    [MemberData(nameof(HostileFiles))]
    public void O10_HostileFilesNeitherThrowNorTakeMuch(string name, byte[] file)
    {
        Assert.NotEmpty(name);
        long before = GC.GetAllocatedBytesForCurrentThread();

        PdfContents contents = PdfPages.Read(file);

        Assert.InRange(contents.Pages, 0, 100_000);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 128L * Megabyte);
        Assert.True(Estimate("gpt-4o", file).InputUpperBound > 0);
    }

    [Fact]
    public void O10_DamageAnywhereNeverThrows()
    {
        byte[] whole = PdfFile.Modern(5, "(text) Tj");
        var random = new System.Random(11);
        for (int round = 0; round < 1000; round++)
        {
            byte[] file = whole[..random.Next(whole.Length)];
            for (int change = 0; change < 4 && file.Length > 0; change++)
            {
                file[random.Next(file.Length)] = (byte)random.Next(256);
            }

            Assert.InRange(PdfPages.Read(file).Pages, 0, 100_000);
        }
    }

    [Theory]
    [InlineData("claude-sonnet-4-5", 3, 1592, 3 * (1568 + 3000))]
    [InlineData("claude-opus-4-7", 3, 1592, 3 * (4784 + 3000))]
    [InlineData("gemini-2.5-flash", 3, 258, 3 * 258)]
    [InlineData("gemini-3-pro", 3, 560, 3 * 1120)]
    [InlineData("gpt-4o", 3, 255, 3 * 1105)]
    [InlineData("gpt-5-mini", 3, 600, 3 * 2489)]
    public async Task O10_APdfHasTheTokensOfItsPages(string model, int pages, long tokensPerPage, long leastBound)
    {
        TokenEstimate estimate = await new TokenEstimator().EstimateAsync(
            [new ChatMessage(ChatRole.User, [new DataContent(PdfFile.Modern(pages), "application/pdf; charset=binary")])], null, new(model));

        Assert.Equal(pages * tokensPerPage, estimate.Breakdown.Media);
        Assert.True(estimate.InputUpperBound >= leastBound, $"{estimate.InputUpperBound}");
    }

    [Fact]
    public void O10_ADensePageIsBoundedByItsText()
    {
        byte[] file = PdfFile.Modern(1, "(" + new string('x', 400_000) + ") Tj");

        Assert.True(Estimate("gpt-4o", file).InputUpperBound > 150_000);
    }

    private static TokenEstimate Estimate(string model, byte[] file) =>
        new TokenEstimator().Estimate([new ChatMessage(ChatRole.User, [new DataContent(file, "application/pdf")])], null, new TokenEstimationTarget(model));

    private static byte[] Bombs()
    {
        byte[] bomb = PdfFile.Deflate(Encoding.ASCII.GetBytes(new string('(', 8 * Megabyte)));
        var file = new PdfFile();
        for (int number = 1; number < 40; number++)
        {
            file.Stream(number, "/Filter/FlateDecode", bomb);
        }

        return file.ToArray();
    }

    private static byte[] Doubling()
    {
        PdfFile file = new PdfFile().Object(1, "<</Type/Catalog/Pages 2 0 R>>");
        for (int number = 2; number < 62; number++)
        {
            file.Object(number, $"<</Type/Pages/Kids[{number + 1} 0 R {number + 1} 0 R]>>");
        }

        return file.Object(62, "<</Type/Page>>").Trailer(1).ToArray();
    }

    private static byte[] Chain(int nodes)
    {
        PdfFile file = new PdfFile().Object(1, "<</Type/Catalog/Pages 2 0 R>>");
        for (int number = 2; number < nodes; number++)
        {
            file.Object(number, $"<</Type/Pages/Kids[{number + 1} 0 R]>>");
        }

        return file.Trailer(1).ToArray();
    }

    private static byte[] SharedKids()
    {
        const int Nodes = 20_000;
        PdfFile file = new PdfFile().Object(1, "<</Type/Catalog/Pages 2 0 R>>").Object(3, "[" + string.Concat(Enumerable.Range(10, Nodes).Select(number => number + " 0 R ")) + "]").Object(2, "<</Kids 3 0 R>>");
        for (int number = 10; number < 10 + Nodes; number++)
        {
            file.Object(number, "<</Kids 3 0 R>>");
        }

        return file.Trailer(1).ToArray();
    }

    private static byte[] OneOffset()
    {
        const int Objects = 200_000;
        string header = string.Concat(Enumerable.Range(1, Objects).Select(number => number + " 0 "));
        byte[] data = Encoding.ASCII.GetBytes(header + "<<" + string.Concat(Enumerable.Repeat("/A 1", 500_000)));
        return new PdfFile().Stream(7, $"/Type/ObjStm/N {Objects}/First {header.Length}/Filter/FlateDecode", PdfFile.Deflate(data)).ToArray();
    }
}
