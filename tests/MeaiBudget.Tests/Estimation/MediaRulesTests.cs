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
    [InlineData("claude-opus-4-7", 1920, 1080, null, 2694)]
    [InlineData("claude-sonnet-4-5", 1024, 1024, null, 1372)]
    [InlineData("gemini-2.0-flash", 300, 200, null, 258)]
    [InlineData("gemini-3-pro", 300, 200, null, 1085)]
    public async Task PicturesFollowTheFamilysFormula(string model, int width, int height, string? detail, long tokens)
    {
        var picture = new DataContent(MediaFile.Png(width, height), "image/png");
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

        Assert.Equal(new ImageSize(640, 480), ImageSize.TryRead(MediaFile.Png(640, 480)));
        Assert.Equal(new ImageSize(320, 240), ImageSize.TryRead(gif));
        Assert.Equal(new ImageSize(0x0304, 0x0102), ImageSize.TryRead(jpeg));
        Assert.Equal(new ImageSize(320, 240), ImageSize.TryRead(webp));
    }

    [Fact]
    public void LyingAndBrokenHeadersGiveNoSize()
    {
        Assert.Null(ImageSize.TryRead(MediaFile.Png(int.MaxValue, int.MaxValue)));
        Assert.Null(ImageSize.TryRead(MediaFile.Png(0, 10)));
        Assert.Null(ImageSize.TryRead(MediaFile.Png(-1, 10)));
        Assert.Null(ImageSize.TryRead([]));
        Assert.Null(ImageSize.TryRead([0xFF, 0xD8, 0xFF, 0xE0, 0, 0, 0, 0, 0, 0, 0, 0, 0]));

        byte[] random = new byte[512];
        var source = new System.Random(7);
        for (int round = 0; round < 20_000; round++)
        {
            source.NextBytes(random);
            MediaFile.Png(100, 100).AsSpan(0, round % 25).CopyTo(random);
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

    [Theory]
    [InlineData("gemini-2.0-flash", 1500, 295 * 5, 295 * 6)]
    [InlineData("gemini-3-flash", 1500, 102 * 5, 102 * 6)]
    public async Task O10_AVideoCountsByItsDuration(string model, int size, long tokens, long bound)
    {
        TokenEstimate estimate = await new TokenEstimator().EstimateAsync(
            [new ChatMessage(ChatRole.User, [new DataContent(MediaFile.Mp4(seconds: 5, size), "video/mp4")])], null, new(model) { Api = ChatApi.Gemini });

        Assert.Equal(tokens, estimate.Breakdown.Media);
        Assert.True(estimate.InputUpperBound >= bound);
        Assert.Equal(TokenEstimateFlags.None, estimate.Flags);
    }

    [Fact]
    public async Task O10_ImagesOfGemini2AreBoundedByTilesAndTheWholeImage()
    {
        async Task<TokenEstimate> Estimate(string model) => await new TokenEstimator().EstimateAsync(
            [new ChatMessage(ChatRole.User, [new DataContent(MediaFile.Png(640, 480), "image/png")])], null, new(model) { Api = ChatApi.Gemini });

        // Google billed 1,289 and 258 for an image of this size.
        Assert.Equal(258 * 5, (await Estimate("gemini-2.0-flash")).Breakdown.Media);
        Assert.Equal(258, (await Estimate("gemini-2.5-flash")).Breakdown.Media);
        Assert.True((await Estimate("gemini-2.5-flash")).InputUpperBound >= 258 * 5);
    }

    public static TheoryData<string, byte[], double> Recordings() => new()
    {
        { "MP4", MediaFile.Mp4(5, 200), 5 },
        { "MP4 with a longer track", MediaFile.Mp4(1, 200, trackSeconds: 60), 60 },
        { "MP4 with more samples than stated", MediaFile.Mp4(1, 200, samples: 900), 30 },
        { "MP4 in fragments", MediaFile.Mp4InFragments(12), 12 },
        { "WebM", MediaFile.WebM(7500), 7.5 },
        { "WebM without a duration", MediaFile.WebM(0), 33.768 },
        { "WAV", MediaFile.Wav(2), 2 },
        { "WAV with a false rate", MediaFile.Wav(2, statedRate: 4_000_000_000), 2 },
        { "FLAC", MediaFile.Flac(3), 3 },
        { "Opus", MediaFile.Opus(9), 9 },
        { "MP3 of one rate", [0xFF, 0xFB, 0x90, 0x00, .. new byte[16_000 - 4]], 1 },
        { "MP3 of different rates", MediaFile.VariableMp3(999), 26.12 },
        { "MP3 with a tag", [.. "ID3"u8, 3, 0, 0, 0, 0, 0, 5, 1, 2, 3, 4, 5, .. MediaFile.VariableMp3(999)], 26.12 },
        { "AAC", MediaFile.Aac(100), 2.32 },
    };

    [Theory]
    [MemberData(nameof(Recordings))]
    public void O10_DurationsAreReadFromHeaders(string name, byte[] file, double seconds)
    {
        Assert.NotEmpty(name);
        Assert.Equal(seconds, MediaDuration.TryRead(file) ?? 0, 0.1);
    }

    [Fact]
    public void O10_BrokenRecordingsGiveNoDuration()
    {
        Assert.Null(MediaDuration.TryRead([]));
        Assert.Null(MediaDuration.TryRead("not media"u8));
        Assert.Null(MediaDuration.TryRead(MediaFile.Mp4(4_000_000, 200)));
        Assert.Null(MediaDuration.TryRead([.. "ID3"u8, 3, 0, 0, 127, 127, 127, 127]));

        byte[][] files = [.. Recordings().Select(row => row.Data.Item2), .. Pictures().Select(row => row.Data.Item2)];
        var random = new System.Random(5);
        for (int round = 0; round < 2000; round++)
        {
            byte[] file = [.. files[round % files.Length].AsSpan(0, Math.Min(files[round % files.Length].Length, 1 + random.Next(400)))];
            file[random.Next(file.Length)] = (byte)random.Next(256);
            Assert.True(MediaDuration.TryRead(file) is null or (> 0 and < 86_400));
            Assert.True(ImageSize.TryRead(file) is null or { Width: > 0, Height: > 0 });
            Assert.True(Estimate("gemini-2.0-flash", new DataContent(file, "application/octet-stream")).InputUpperBound >= 0);
        }
    }

    public static TheoryData<string, byte[]> Pictures() => new()
    {
        { "PNG", MediaFile.Png(1000, 700) },
        { "PNG of a phone's tools", MediaFile.Png(1000, 700, ("CgBI", 4)) },
        { "PNG with other chunks first", MediaFile.Png(1000, 700, ("eXIf", 3000), ("iCCP", 0)) },
        { "JPEG", MediaFile.Jpeg(1000, 700) },
        { "progressive JPEG after 400 KB of EXIF and ICC data", MediaFile.Jpeg(1000, 700, frame: 0xC2, applicationBytes: 400_000) },
        { "arithmetic JPEG", MediaFile.Jpeg(1000, 700, frame: 0xC9) },
        { "GIF", MediaFile.Gif(1000, 700, 1000, 700) },
        { "animated GIF with small frames", MediaFile.Gif(1000, 700, 10, 10) },
        { "GIF without a canvas", MediaFile.Gif(0, 0, 1000, 700) },
        { "lossy WebP", MediaFile.WebPLossy(1000, 700) },
        { "lossless WebP", MediaFile.WebPLossless(1000, 700) },
        { "animated WebP", MediaFile.WebPAnimated(1000, 700) },
        { "BMP", MediaFile.Bmp(1000, 700) },
        { "BMP from the top", MediaFile.Bmp(1000, -700) },
        { "BMP of OS/2", MediaFile.BmpOfOs2(1000, 700) },
        { "TIFF", MediaFile.Tiff(1000, 700) },
        { "HEIC", MediaFile.Heif(1000, 700) },
        { "AVIF", MediaFile.Heif(1000, 700, "avif") },
    };

    [Theory]
    [MemberData(nameof(Pictures))]
    public void O10_SizesAreReadWhateverTheHeader(string name, byte[] file)
    {
        Assert.NotEmpty(name);
        TokenEstimate named = Estimate("gpt-4o", new DataContent(file, "image/png"));

        Assert.Equal(new ImageSize(1000, 700), ImageSize.TryRead(file));
        Assert.Equal(765, named.Breakdown.Media);
        Assert.Equal(TokenEstimateFlags.None, named.Flags);
    }

    [Theory]
    [MemberData(nameof(Pictures))]
    public void O10_AFileThatEndsInItsHeaderHasTheRulesWorstCase(string name, byte[] file)
    {
        Assert.NotEmpty(name);
        for (int length = 3; length < Math.Min(file.Length, 24); length++)
        {
            TokenEstimate estimate = Estimate("gpt-4o", new DataContent(file.AsMemory(0, length), "image/png"));
            Assert.True(ImageSize.TryRead(file.AsSpan(0, length)) is null == estimate.Flags.HasFlag(TokenEstimateFlags.UnknownMediaSize));
            Assert.True(estimate.InputUpperBound >= (estimate.Flags == TokenEstimateFlags.None ? 765 : 85 + (8 * 170)), $"{length}: {estimate.InputUpperBound}");
        }
    }

    [Theory]
    [InlineData("application/octet-stream")]
    [InlineData("IMAGE/PNG")]
    [InlineData("image/jpeg;name=a.png")]
    [InlineData("text/plain")]
    [InlineData("application/pdf")]
    [InlineData("video/mp4")]
    public void O10_AMislabelledImageHasTheLargerBoundOfBoth(string mediaType)
    {
        byte[] file = MediaFile.Png(1000, 700);

        TokenEstimate estimate = Estimate("gpt-4o", new DataContent(file, mediaType));

        Assert.Equal(765, estimate.Breakdown.Media);
        Assert.True(estimate.InputUpperBound >= (mediaType == "application/pdf" ? 85 + (8 * 170) + 3000 : 765), $"{estimate.InputUpperBound}");
    }

    [Theory]
    [InlineData("data:image/png;name=a.png;base64,")]
    [InlineData("data:image/png;charset=utf-8;base64,")]
    [InlineData("data:image/webp;base64,")]
    public void O10_ADataUriMayHaveParameters(string start)
    {
        string uri = start + Convert.ToBase64String(MediaFile.Png(1000, 700));

        Assert.Equal(765, Estimate("gpt-4o", new DataContent(uri)).Breakdown.Media);
        Assert.Equal(765, Estimate("gpt-4o", new UriContent(uri, "image/png")).Breakdown.Media);
    }

    [Fact]
    public void O10_AnAddressThatCannotBeReadHasTheRulesWorstCase()
    {
        TokenEstimate image = Estimate("gpt-4o", new UriContent("https://example.com/a.jpg", "image/*"));
        TokenEstimate broken = Estimate("gpt-4o", new UriContent("data:image/png;base64,%%%", "image/png"));
        TokenEstimate file = Estimate("claude-sonnet-4-5", new UriContent("https://example.com/a.pdf", "application/pdf"));

        Assert.All([image, broken], estimate => Assert.True(estimate.InputUpperBound >= 85 + (8 * 170)));
        Assert.True(image.Flags.HasFlag(TokenEstimateFlags.UnknownMediaSize));
        Assert.True(file.IsUnbounded);
    }

    // The bound of each model holds for what its documentation and its hosts allow.
    [Theory]
    [InlineData("gpt-5-mini", 1024, 1024, "high", 1229, 1659)]
    [InlineData("gpt-5-nano", 1024, 1024, null, 1536, 2520)]
    [InlineData("gpt-5.4-nano", 1024, 1024, null, 1229, 2520)]
    [InlineData("gpt-5.2", 1024, 1024, null, 1229, 1229)]
    [InlineData("gpt-5.1-codex", 1024, 1024, null, 1229, 1229)]
    [InlineData("gpt-5.4", 4000, 3000, null, 2942, 2942)]
    [InlineData("gpt-5.4", 4000, 3000, "original", 11_868, 11_868)]
    [InlineData("gpt-5.4", 4000, 3000, "low", 231, 2942)]
    [InlineData("gpt-5.6", 8000, 6000, null, 56_400, 56_400)]
    [InlineData("gpt-5-mini", 8000, 100, null, 77, 1620)]
    [InlineData("gpt-6", 4032, 3024, "high", 2942, 2942)]
    [InlineData("claude-opus-4-7", 3840, 2160, null, 4787, 4784)]
    [InlineData("claude-opus-4-7", 4032, 3024, null, 4743, 4740)]
    [InlineData("claude-opus-4-7", 3024, 1964, null, 4763, 4760)]
    [InlineData("claude-sonnet-4-5", 1920, 1080, null, 1563, 1560)]
    [InlineData("claude-3-5-haiku", 100, 100, null, 39, 43)]
    [InlineData("qwen2.5-vl-72b", 1000, 700, null, 902, 1300)]
    [InlineData("qwen3-vl-235b", 1000, 700, null, 684, 1000)]
    [InlineData("gemma-3-27b-it", 1000, 700, null, 260, 1300)]
    [InlineData("llama-guard-4-12b", 1000, 1000, null, 1452, 1459)]
    [InlineData("llama-3.2-90b-vision", 1200, 700, null, 3202, 6404)]
    [InlineData("pixtral-12b", 1024, 1024, null, 4160, 4160)]
    [InlineData("mistral-small-2503", 1540, 1540, null, 3080, 3080)]
    [InlineData("grok-4-1-fast", 200, 200, null, 256, 256)]
    [InlineData("grok-4", 1000, 1000, null, 1792, 1792)]
    [InlineData("granite3.2-vision:2b", 140, 140, null, 2226, 8200)]
    public void O10_EveryFamilyHasItsRuleAndABound(string model, int width, int height, string? detail, long tokens, long leastBound)
    {
        var picture = new DataContent(MediaFile.Png(width, height), "image/png");
        if (detail is not null)
        {
            picture.AdditionalProperties = new() { ["detail"] = detail };
        }

        TokenEstimate estimate = Estimate(model, picture);

        Assert.Equal(tokens, estimate.Breakdown.Media);
        Assert.True(estimate.InputUpperBound >= leastBound, $"{estimate.InputUpperBound}");
    }

    // The bound of a larger image is not smaller, and no image of known size exceeds the bound of an unknown one.
    [Theory]
    [InlineData("gpt-4o")]
    [InlineData("gpt-5-nano")]
    [InlineData("gpt-5.5")]
    [InlineData("gpt-5.6")]
    [InlineData("claude-sonnet-4-5")]
    [InlineData("claude-opus-4-7")]
    [InlineData("gemini-2.0-flash")]
    [InlineData("gemini-3-pro")]
    [InlineData("qwen3-vl")]
    [InlineData("llama-4-scout")]
    [InlineData("some-new-model")]
    public void O10_TheWorstCaseHoldsForEverySize(string model)
    {
        long worst = Estimate(model, new DataContent(new byte[] { 1, 2, 3 }, "image/png")).InputUpperBound;
        var random = new System.Random(9);
        for (int round = 0; round < 2000; round++)
        {
            int longest = model == "gpt-5.6" ? 6000 : 65_000;
            TokenEstimate estimate = Estimate(model, new DataContent(MediaFile.Png(1 + random.Next(longest), 1 + random.Next(longest)), "image/png"));
            Assert.InRange(estimate.InputUpperBound, estimate.InputTokens, worst);
        }
    }

    [Fact]
    public void O10_ATextFileIsCountedAsItsText()
    {
        string text = string.Concat(Enumerable.Repeat("The quick brown fox jumps over the lazy dog.\n", 40));

        TokenEstimate file = Estimate("gemini-2.5-flash", new DataContent(System.Text.Encoding.UTF8.GetBytes(text), "text/markdown"));
        TokenEstimate message = new TokenEstimator().Estimate([new ChatMessage(ChatRole.User, text)], null, new TokenEstimationTarget("gemini-2.5-flash"));

        Assert.Equal(message.InputTokens, file.InputTokens);
        Assert.True(file.Flags.HasFlag(TokenEstimateFlags.UnknownContent));
        Assert.True(file.InputUpperBound < text.Length);
    }

    private static TokenEstimate Estimate(string model, AIContent content) =>
        new TokenEstimator().Estimate([new ChatMessage(ChatRole.User, [content])], null, new TokenEstimationTarget(model));
}
