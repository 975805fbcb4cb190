using Field = MeaiBudget.WireAnswerField;

namespace MeaiBudget;

/// <summary>The lengths of the texts of one event, in bytes of UTF-8, by what the texts are.</summary>
internal struct WireTextLengths
{
    /// <summary>The text that the model wrote.</summary>
    public long Text;

    /// <summary>The text that may stand a second time in the same event.</summary>
    public long Repeated;

    /// <summary>The text of the whole answer, which a stream repeats at its end.</summary>
    public long Whole;

    /// <summary>Adds the length of a string.</summary>
    /// <param name="field">The field of its place. A string at any other place than that of a text counts nothing.</param>
    /// <param name="length">Its length; less than zero to take it back.</param>
    public void Add(int field, long length)
    {
        switch ((Field)field)
        {
            case Field.Text:
                Text += length;
                break;
            case Field.Repeated:
                Repeated += length;
                break;
            case Field.Whole:
                Whole += length;
                break;
        }
    }
}
