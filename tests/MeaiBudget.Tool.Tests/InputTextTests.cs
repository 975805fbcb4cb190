using MeaiBudget.Tool;

namespace MeaiBudget.Tests;

public class InputTextTests
{
    [Theory]
    [InlineData("\uFEFF{\"a\":1}", "{\"a\":1}")]
    [InlineData("Hi", "Hi")]
    [InlineData("", "")]
    public async Task AByteOrderMarkInAPipeIsNotPartOfTheText(string piped, string expected)
    {
        using var input = new StringReader(piped);

        Assert.Equal(expected, await InputText.ReadAsync(path: null, input, TestContext.Current.CancellationToken));
    }

    [Theory]
    [InlineData(new byte[] { 0xFF, 0xFE, 0x48, 0x00, 0x69, 0x00 })]
    [InlineData(new byte[] { 0xFE, 0xFF, 0x00, 0x48, 0x00, 0x69 })]
    [InlineData(new byte[] { 0xEF, 0xBB, 0xBF, 0x48, 0x69 })]
    public async Task AFileMayBeInAnyUnicodeEncodingWithAMark(byte[] content)
    {
        string path = Path.GetTempFileName();
        try
        {
            await File.WriteAllBytesAsync(path, content, TestContext.Current.CancellationToken);

            Assert.Equal("Hi", await InputText.ReadAsync(path, TextReader.Null, TestContext.Current.CancellationToken));
        }
        finally
        {
            File.Delete(path);
        }
    }
}
