using System.Buffers.Binary;
using Microsoft.Extensions.AI;

namespace MeaiBudget.Tests;

public class MediaRulesTests
{
    // Sizes and counts: OpenAI's guide, and public tables of measured pictures.
    [Theory]
    [InlineData("gpt-4o", 1, 1, null, 255)]
    [InlineData("gpt-4o", 1024, 1024, null, 765)]
    [InlineData("gpt-4o", 2048, 4096, null, 1105)]
    [InlineData("gpt-4o", 4000, 4000, "low", 85)]
    [InlineData("gpt-4o-mini", 1, 1, null, 8500)]
    [InlineData("gpt-4.1-mini", 1024, 1024, null, 1659)]
    [InlineData("gpt-5.5", 256, 256, null, 77)]
    [InlineData("gpt-5.5", 1280, 720, null, 1104)]
    [InlineData("gpt-5.5", 3840, 2160, null, 9792)]
    [InlineData("claude-opus-4-7", 1920, 1080, null, 2691)]
    [InlineData("claude-sonnet-4-5", 1024, 1024, null, 1369)]
    [InlineData("gemini-2.0-flash", 300, 200, null, 258)]
    [InlineData("gemini-3-pro", 300, 200, null, 1085)]
    public async Task PicturesFollowTheFamilysFormula(string model, int width, int height, string? detail, long tokens)
    {
        var picture = new DataContent(Png(width, height), "image/png");
        if (detail is not null)
        {
            picture.AdditionalProperties = new() { ["detail"] = detail };
        }

        TokenEstimate estimate = await new TokenEstimator().EstimateAsync([new ChatMessage(ChatRole.User, [picture])], null, new(model));

        Assert.Equal(tokens, estimate.Breakdown.Media);
        Assert.Equal(TokenEstimateFlags.None, estimate.Flags);
    }

    [Fact]
    public void SizesAreReadFromHeaders()
    {
        byte[] gif = [.. "GIF89a"u8, 0x40, 0x01, 0xF0, 0x00];
        byte[] jpeg = [0xFF, 0xD8, 0xFF, 0xE0, 0x00, 0x04, 1, 2, 0xFF, 0xC0, 0x00, 0x11, 8, 0x01, 0x02, 0x03, 0x04, 3, 0, 0];
        byte[] webp = [.. "RIFF"u8, 0, 0, 0, 0, .. "WEBPVP8X"u8, 10, 0, 0, 0, 0, 0, 0, 0, 0x3F, 1, 0, 0xEF, 0, 0];

        Assert.Equal(new ImageSize(640, 480), ImageSize.TryRead(Png(640, 480)));
        Assert.Equal(new ImageSize(320, 240), ImageSize.TryRead(gif));
        Assert.Equal(new ImageSize(0x0304, 0x0102), ImageSize.TryRead(jpeg));
        Assert.Equal(new ImageSize(320, 240), ImageSize.TryRead(webp));
    }

    [Fact]
    public void LyingAndBrokenHeadersGiveNoSize()
    {
        Assert.Null(ImageSize.TryRead(Png(int.MaxValue, int.MaxValue)));
        Assert.Null(ImageSize.TryRead(Png(0, 10)));
        Assert.Null(ImageSize.TryRead(Png(-1, 10)));
        Assert.Null(ImageSize.TryRead([]));
        Assert.Null(ImageSize.TryRead([0xFF, 0xD8, 0xFF, 0xE0, 0, 0, 0, 0, 0, 0, 0, 0, 0]));

        byte[] random = new byte[512];
        var source = new System.Random(7);
        for (int round = 0; round < 20_000; round++)
        {
            source.NextBytes(random);
            Png(100, 100).AsSpan(0, round % 25).CopyTo(random);
            ImageSize? size = ImageSize.TryRead(random.AsSpan(0, round % 512));
            Assert.True(size is null or { Width: > 0, Height: > 0 });
        }
    }

    [Fact]
    public async Task APictureOfUnknownSizeIsFlaggedAndBounded()
    {
        TokenEstimate estimate = await new TokenEstimator().EstimateAsync(
            [new ChatMessage(ChatRole.User, [new DataContent(new byte[] { 1, 2, 3 }, "image/png")])], null, new("gpt-4o"));

        Assert.True(estimate.Flags.HasFlag(TokenEstimateFlags.UnknownMediaSize));
        Assert.True(estimate.InputUpperBound >= 1105);
    }

    [Fact]
    public void PagesOfAPdfAreCounted() =>
        Assert.Equal(2, PdfPages.Count("%PDF-1.4 1 0 obj<</Type/Pages>> 2 0 obj<</Type /Page>> 3 0 obj<</Type/Page/X 1>>"u8));

    [Theory]
    [InlineData("%PDF-1.5 5 0 obj<</Kids[1 0 R]/Count 12/Type/Pages>>endobj", 12)]
    [InlineData("%PDF-1.5 5 0 obj<</Type /Pages /Kids [1 0 R] /Count 7>>endobj 9 0 obj<</Count 99>>", 7)]
    [InlineData("%PDF-1.5 1 0 obj<</Linearized 1/L 123/H[1 2]/O 4/E 5/N 31/T 6>>endobj", 31)]
    [InlineData("%PDF-1.5 1 0 obj<</Linearized 1 /L 123 /O 4 /N 31 /T 6>>endobj", 31)]
    [InlineData("%PDF-1.5 5 0 obj<</Type/Pages/Count 99999999>>endobj", 0)]
    [InlineData("/Type/Pages", 0)]
    public void PagesAreReadFromTheTreeAndTheHeader(string file, long pages) => Assert.Equal(pages, PdfPages.Count(System.Text.Encoding.ASCII.GetBytes(file)));

    [Theory]
    [InlineData("gemini-2.0-flash", 1500, 295 * 5, 295 * 6)]
    [InlineData("gemini-3-flash", 1500, 102 * 5, 102 * 6)]
    public async Task O10_AVideoCountsByItsDuration(string model, int size, long tokens, long bound)
    {
        TokenEstimate estimate = await new TokenEstimator().EstimateAsync(
            [new ChatMessage(ChatRole.User, [new DataContent(Mp4(seconds: 5, size), "video/mp4")])], null, new(model) { Api = ChatApi.Gemini });

        Assert.Equal(tokens, estimate.Breakdown.Media);
        Assert.True(estimate.InputUpperBound >= bound);
        Assert.Equal(TokenEstimateFlags.None, estimate.Flags);
    }

    [Fact]
    public async Task O10_ImagesOfGemini2AreBoundedByTilesAndTheWholeImage()
    {
        async Task<TokenEstimate> Estimate(string model) => await new TokenEstimator().EstimateAsync(
            [new ChatMessage(ChatRole.User, [new DataContent(Png(640, 480), "image/png")])], null, new(model) { Api = ChatApi.Gemini });

        // Google billed 1,289 and 258 for an image of this size.
        Assert.Equal(258 * 5, (await Estimate("gemini-2.0-flash")).Breakdown.Media);
        Assert.Equal(258, (await Estimate("gemini-2.5-flash")).Breakdown.Media);
        Assert.True((await Estimate("gemini-2.5-flash")).InputUpperBound >= 258 * 5);
    }

    [Fact]
    public void DurationsAreReadFromHeaders()
    {
        byte[] wav = [.. "RIFF"u8, 0, 0, 0, 0, .. "WAVEfmt "u8, 16, 0, 0, 0, 1, 0, 1, 0, 0x40, 0x1F, 0, 0, 0x80, 0x3E, 0, 0, 2, 0, 16, 0, .. new byte[32_000 - 36]];
        byte[] mp3 = [0xFF, 0xFB, 0x90, 0x00, .. new byte[16_000 - 4]];

        Assert.Equal(5, MediaDuration.TryRead(Mp4(5, 200)));
        Assert.Equal(2, MediaDuration.TryRead(wav));
        Assert.Equal(1, MediaDuration.TryRead(mp3));
        Assert.Equal(1, MediaDuration.TryRead([.. "ID3"u8, 3, 0, 0, 0, 0, 0, 5, 1, 2, 3, 4, 5, .. mp3]));
        Assert.Null(MediaDuration.TryRead([]));
        Assert.Null(MediaDuration.TryRead("not media"u8));
        Assert.Null(MediaDuration.TryRead(Mp4(100_000_000, 200)));
        Assert.Null(MediaDuration.TryRead([.. "ID3"u8, 3, 0, 0, 127, 127, 127, 127]));
    }

    private static byte[] Mp4(uint seconds, int size)
    {
        byte[] data = [0, 0, 0, 16, .. "ftypisom"u8, 0, 0, 0, 0, 0, 0, 0, 108, .. "mvhd"u8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, .. new byte[size]];
        BinaryPrimitives.WriteUInt32BigEndian(data.AsSpan(40), seconds);
        return data;
    }

    private static byte[] Png(int width, int height)
    {
        byte[] data = [0x89, .. "PNG\r\n"u8, 0x1A, 0x0A, 0, 0, 0, 13, .. "IHDR"u8, 0, 0, 0, 0, 0, 0, 0, 0, 8, 6, 0, 0, 0];
        BinaryPrimitives.WriteInt32BigEndian(data.AsSpan(16), width);
        BinaryPrimitives.WriteInt32BigEndian(data.AsSpan(20), height);
        return data;
    }
}
