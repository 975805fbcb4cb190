using System.Text.Encodings.Web;
using System.Text.Json;

namespace MeaiBudget.Tests;

/// <summary>Secrets inside strings of JSON that are strings of JSON themselves, as tool arguments in a logged body are.</summary>
public class SecretNestingTests
{
    private static readonly JsonSerializerOptions Relaxed = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void I1_EveryShapeIsFoundInsideOfNestedStrings(int depth)
    {
        foreach (SecretShape shape in SecretShapes.All.Values.Concat(SecretShapes.Generated(56, 3).Select(one => one.Shape)))
        {
            string text = shape.Text;
            for (int i = 0; i < depth; i++)
            {
                text = JsonSerializer.Serialize(new { where = text }, Relaxed);
            }

            SecretShapes.AssertNoLongPiece(shape.Secret, SecretRedactor.Default.Redact(text));
        }
    }
}
