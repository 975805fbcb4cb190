using System.Globalization;
using System.IO.Compression;
using System.Text;

namespace MeaiBudget.Tests;

/// <summary>Writes PDF files for tests: plain or with compressed object streams and a cross-reference stream.</summary>
internal sealed class PdfFile
{
    private readonly MemoryStream _file = new();

    public PdfFile(string header = "%PDF-1.7\n%\u00E2\u00E3\n") => Text(header);

    public PdfFile Text(string text)
    {
        _file.Write(Encoding.Latin1.GetBytes(text));
        return this;
    }

    public PdfFile Object(int number, string value) => Text(string.Create(CultureInfo.InvariantCulture, $"{number} 0 obj\n{value}\nendobj\n"));

    public PdfFile Stream(int number, string dictionary, byte[] data, string? length = null)
    {
        Text(string.Create(CultureInfo.InvariantCulture, $"{number} 0 obj\n<<{dictionary}/Length {length ?? data.Length.ToString(CultureInfo.InvariantCulture)}>>\nstream\n"));
        _file.Write(data);
        return Text("\nendstream\nendobj\n");
    }

    /// <summary>Writes an object stream with numbered values.</summary>
    public PdfFile Objects(int number, IReadOnlyList<(int Number, string Value)> values, bool isCompressed = true, string extra = "")
    {
        var header = new StringBuilder();
        var body = new StringBuilder();
        foreach ((int each, string value) in values)
        {
            header.Append(CultureInfo.InvariantCulture, $"{each} {body.Length} ");
            body.Append(value).Append('\n');
        }

        byte[] data = Encoding.Latin1.GetBytes(header.ToString() + body);
        string dictionary = string.Create(CultureInfo.InvariantCulture, $"/Type/ObjStm/N {values.Count}/First {header.Length}{extra}{(isCompressed ? "/Filter/FlateDecode" : "")}");
        return Stream(number, dictionary, isCompressed ? Deflate(data) : data);
    }

    public PdfFile CrossReferenceStream(int number, int root) =>
        Stream(number, string.Create(CultureInfo.InvariantCulture, $"/Type/XRef/Root {root} 0 R/Size 100/W[1 2 1]/Filter/FlateDecode"), Deflate(new byte[64])).Text("startxref\n9\n%%EOF\n");

    public PdfFile Trailer(int root) => Text(string.Create(CultureInfo.InvariantCulture, $"xref\n0 1\n0000000000 65535 f \ntrailer\n<</Size 9/Root {root} 0 R>>\nstartxref\n9\n%%EOF\n"));

    public byte[] ToArray() => _file.ToArray();

    /// <summary>A file as current writers make it: everything but the contents of the pages is in compressed object streams.</summary>
    public static byte[] Modern(int pages, string content = "")
    {
        const int First = 10;
        var values = new List<(int, string)> { (1, "<</Type/Catalog/Pages 2 0 R>>"), (2, $"<</Type/Pages/Count {pages}/Kids[{string.Join(' ', Enumerable.Range(First, pages).Select(page => page + " 0 R"))}]>>") };
        values.AddRange(Enumerable.Range(First, pages).Select(page => (page, "<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Contents 5 0 R>>")));
        PdfFile file = new PdfFile().Stream(5, "/Filter/FlateDecode", Deflate(Encoding.Latin1.GetBytes(content)));
        foreach ((int, string)[] chunk in values.Chunk(100))
        {
            file.Objects(7, chunk);
        }

        return file.CrossReferenceStream(8, root: 1).ToArray();
    }

    public static byte[] Deflate(byte[] data)
    {
        using var output = new MemoryStream();
        using (var deflating = new ZLibStream(output, CompressionLevel.SmallestSize))
        {
            deflating.Write(data);
        }

        return output.ToArray();
    }
}
